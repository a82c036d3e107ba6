from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0003_incidents")]

    operations = [
        migrations.AlterField(
            model_name="incident",
            name="cause",
            field=models.CharField(
                choices=[
                    ("signal_stopped", "A signal stopped itself"),
                    ("judge", "The judge does not answer"),
                    ("worker", "No worker is running"),
                    ("no_labels", "Traffic comes, but no labels"),
                    ("disk", "The disk is nearly full"),
                    ("backup", "There is no new backup"),
                ],
                max_length=14,
            ),
        ),
    ]
