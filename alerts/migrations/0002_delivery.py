from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='notice',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='delivery',
            name='retried_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='destination',
            name='old_secret_sealed',
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='destination',
            name='old_secret_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
