"""Failed logins are no longer counted in MongoDB: the collection of the counts goes."""

from importlib import import_module

from django.db import migrations

before = import_module('accounts.migrations.0002_failures_and_rotation')


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_failures_and_rotation'),
    ]

    operations = [
        # The way back needs the index by which MongoDB removes a count.
        migrations.RunPython(migrations.RunPython.noop, before.create_expiry),
        migrations.DeleteModel(name='FailureCount'),
    ]
