"""Counts of failed logins, which MongoDB removes when they expire, and the grace of a rotation."""

from django.db import migrations, models

from djongo_engine.schema.index_specs import IndexSpec

EXPIRY = IndexSpec("expiry", [("expires", 1)], {"expireAfterSeconds": 0})


def create_expiry(apps, schema_editor):
    """Let MongoDB remove a count at its `expires`; a database other than MongoDB keeps it."""
    if schema_editor.connection.vendor == "djongo":
        schema_editor.create_indexes(apps.get_model("accounts", "FailureCount"), [EXPIRY])


def drop_expiry(apps, schema_editor):
    """Drop the index again."""
    if schema_editor.connection.vendor == "djongo":
        schema_editor.drop_indexes(apps.get_model("accounts", "FailureCount"), [EXPIRY])


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='FailureCount',
            fields=[
                ('key', models.CharField(db_column='_id', max_length=64, primary_key=True, serialize=False)),
                ('attempts', models.PositiveIntegerField()),
                ('failures', models.PositiveIntegerField()),
                ('locked', models.BooleanField(help_text='The lockout was reported.')),
                ('expires', models.DateTimeField(help_text='The end of the window; MongoDB removes it then.')),
            ],
        ),
        migrations.RunPython(create_expiry, drop_expiry),
        migrations.AddField(
            model_name='user',
            name='active_until',
            field=models.DateTimeField(editable=False, help_text='The end of the account, set when SERVICE_USER named another with a grace.', null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='former_password',
            field=models.CharField(blank=True, default='', editable=False, help_text='The hash of the password before, valid until former_password_until.', max_length=128),
        ),
        migrations.AddField(
            model_name='user',
            name='former_password_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
