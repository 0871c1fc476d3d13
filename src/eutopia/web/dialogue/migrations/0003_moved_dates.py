from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dialogue", "0002_rounds_and_sealed_ballots"),
    ]

    operations = [
        migrations.AddField(
            model_name="round",
            name="moved",
            field=models.JSONField(default=list),
        ),
    ]
