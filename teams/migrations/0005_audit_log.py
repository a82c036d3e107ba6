from django.db import migrations, models

# A row of the audit log is written once. The daily deletion of old rows says that it is the one.
ONLY_ADDED = """
CREATE FUNCTION audit_entry_is_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('signals.prunes_audit_log', true) = 'yes' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Entries of the audit log are neither changed nor deleted.';
END $$;
CREATE TRIGGER audit_entry_is_only_added BEFORE UPDATE OR DELETE ON teams_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_only_added();
"""
AS_BEFORE = """
DROP TRIGGER audit_entry_is_only_added ON teams_auditentry;
DROP FUNCTION audit_entry_is_only_added();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('teams', '0004_roles'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('door', models.CharField(max_length=10)),
                ('address', models.CharField(blank=True, max_length=200)),
                ('user_id', models.BigIntegerField(null=True)),
                ('email', models.CharField(blank=True, max_length=254)),
                ('key', models.CharField(blank=True, max_length=36, verbose_name="key's uuid")),
                ('key_name', models.CharField(blank=True, max_length=100)),
                ('program', models.CharField(blank=True, max_length=200)),
                ('team', models.UUIDField(null=True)),
                ('team_name', models.CharField(blank=True, max_length=100)),
                ('project', models.UUIDField(null=True)),
                ('project_name', models.CharField(blank=True, max_length=100)),
                ('action', models.CharField(max_length=60)),
                ('kind', models.CharField(max_length=30)),
                ('thing_id', models.CharField(blank=True, max_length=64)),
                ('thing', models.CharField(blank=True, max_length=200)),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
            ],
            options={
                'verbose_name_plural': 'audit log',
                'indexes': [models.Index(fields=['team', '-at', '-id'], name='audit_of_team'), models.Index(fields=['-at', '-id'], name='audit_by_time')],
            },
        ),
        migrations.RunSQL(ONLY_ADDED, AS_BEFORE),
    ]
