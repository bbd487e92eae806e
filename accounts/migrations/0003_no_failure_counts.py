"""Failed logins are no longer counted in MongoDB: the collection of the counts goes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_failures_and_rotation'),
    ]

    operations = [
        migrations.DeleteModel(name='FailureCount'),
    ]
