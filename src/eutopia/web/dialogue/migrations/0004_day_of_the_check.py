"""The day on which staff said whether a proposal can be built."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dialogue", "0003_moved_dates")]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="checked",
            field=models.DateField(null=True),
        ),
    ]
