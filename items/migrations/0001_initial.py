"""Adopt the collection of the original service, or create it."""

import django.core.validators
import djongo_engine.schema.indexes
import djongo_engine.schema.migrations
import items.models
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        djongo_engine.schema.migrations.AdoptCollection(
            name='Item',
            fields=[
                ('id', models.UUIDField(db_column='_id', default=uuid.uuid4, primary_key=True, serialize=False, validators=[items.models.validate_id])),
                ('name', models.CharField(max_length=100, validators=[django.core.validators.MinLengthValidator(1)])),
                ('category', models.CharField(choices=[('tools', 'Tools'), ('consumables', 'Consumables')], max_length=11)),
                ('count', models.PositiveIntegerField(validators=[django.core.validators.MaxValueValidator(2147483647)])),
                ('price', models.FloatField(help_text='In Euro.', validators=[items.models.validate_price])),
            ],
            options={
                'db_table': 'items',
                'indexes': [djongo_engine.schema.indexes.CollationIndex(collation={'locale': 'en', 'strength': 2}, fields=['name', 'id'], name='items_name'), models.Index(fields=['category', 'id'], name='items_category'), models.Index(fields=['count', 'id'], name='items_count'), models.Index(fields=['price', 'id'], name='items_price')],
            },
        ),
    ]
