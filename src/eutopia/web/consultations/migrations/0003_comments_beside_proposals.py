"""Comments beside a proposal are gathered without anybody having asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consultations", "0002_pledges_only_grow")]

    operations = [
        migrations.AddField(
            model_name="consultation",
            name="standing",
            field=models.BooleanField(default=False),
        ),
    ]
