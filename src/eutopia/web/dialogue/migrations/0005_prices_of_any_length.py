"""Exact prices may have more digits than any limit foresees."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dialogue", "0004_day_of_the_check")]

    operations = [
        migrations.AlterField(
            model_name="tallystep",
            name="price",
            field=models.TextField(null=True),
        ),
    ]
