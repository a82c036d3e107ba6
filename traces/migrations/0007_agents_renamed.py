from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('traces', '0006_agents_merge'),
    ]

    operations = [
        migrations.AddField(
            model_name='agent',
            name='renamed_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='agent',
            name='renamed_from',
            field=models.CharField(blank=True, db_default='', max_length=500),
        ),
        migrations.AddField(
            model_name='agentmerge',
            name='into_id',
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
    ]
