"""The indexes of docs/finding.md; the one on names disregards accents too from here on."""

import djongo_engine.schema.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('items', '0001_initial'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='item',
            name='items_name',
        ),
        migrations.AddIndex(
            model_name='item',
            index=djongo_engine.schema.indexes.CollationIndex(collation={'locale': 'en', 'strength': 1}, fields=['name', 'id'], name='items_name'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=djongo_engine.schema.indexes.CollationIndex(collation={'locale': 'en', 'strength': 1}, fields=['category', 'name', 'id'], name='items_category_name'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(fields=['category', 'count', 'id'], name='items_category_count'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(fields=['category', 'price', 'id'], name='items_category_price'),
        ),
    ]
