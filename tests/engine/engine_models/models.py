"""One model with every kind of column, and one that points to it."""

import uuid

from django.db import models


class Record(models.Model):
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    text = models.CharField(max_length=50)
    note = models.TextField(null=True)
    number = models.IntegerField(null=True)
    ratio = models.FloatField(default=0)
    amount = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    flag = models.BooleanField(default=False)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    clock = models.TimeField(null=True)
    span = models.DurationField(null=True)
    raw = models.BinaryField(null=True)

    class Meta:
        app_label = "engine_models"
        indexes = [models.Index(fields=["-number", "text"], name="record_number_text")]


class Tag(models.Model):
    record = models.ForeignKey(Record, models.CASCADE, null=True, related_name="tags")
    word = models.CharField(max_length=20)

    class Meta:
        app_label = "engine_models"
        constraints = [models.UniqueConstraint(fields=["record", "word"], name="tag_once_a_record")]
