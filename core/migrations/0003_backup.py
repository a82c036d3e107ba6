from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_lease")]

    operations = [
        migrations.CreateModel(
            name="Backup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),  # noqa: E501
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("file", models.TextField(blank=True, default="")),
                ("size", models.BigIntegerField(null=True)),
                ("trouble", models.TextField(blank=True, default="")),
            ],
        ),
    ]
