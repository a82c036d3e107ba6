"""Counts are kept apart by the sample rate under which targets were included."""

from django.db import migrations, models

#: Live labels had the rate of their version, those of runs that of their run.
FORWARD = """
ALTER TABLE label_count ADD COLUMN sample_rate double precision;
UPDATE label_count AS count SET sample_rate = version.sample_rate
FROM signals_app_signalversion AS version
WHERE version.id = count.version_id AND count.source <> 'run';
DELETE FROM label_count WHERE sample_rate IS NULL;
ALTER TABLE label_count ALTER COLUMN sample_rate SET NOT NULL;
ALTER TABLE label_count DROP CONSTRAINT label_count_pkey;
INSERT INTO label_count (project_id, signal_id, grain, bucket, version_id, source, outcome, label,
    sample_rate, n)
SELECT project_id, signal_id, grain.name, date_trunc(grain.unit, counted_at, 'UTC'), version_id,
    source, outcome, coalesce(label, reason_code), sample_rate, count(*)
FROM classification
CROSS JOIN (VALUES ('m', 'minute'), ('h', 'hour')) AS grain(name, unit)
LEFT JOIN signals_app_counthorizon AS horizon ON horizon.grain = grain.name
WHERE is_current AND source = 'run' AND (horizon.since IS NULL OR counted_at >= horizon.since)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
ALTER TABLE label_count ADD PRIMARY KEY
    (project_id, signal_id, grain, bucket, version_id, source, outcome, label, sample_rate);
"""

BACKWARD = """
CREATE TEMP TABLE label_count_before ON COMMIT DROP AS
SELECT project_id, signal_id, grain, bucket, version_id, source, outcome, label, sum(n) AS n
FROM label_count GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
DELETE FROM label_count;
ALTER TABLE label_count DROP CONSTRAINT label_count_pkey;
ALTER TABLE label_count DROP COLUMN sample_rate;
INSERT INTO label_count (project_id, signal_id, grain, bucket, version_id, source, outcome, label,
    n) SELECT * FROM label_count_before;
ALTER TABLE label_count ADD PRIMARY KEY
    (project_id, signal_id, grain, bucket, version_id, source, outcome, label);
"""

KEY = (
    *("project_id", "signal_id", "grain", "bucket", "version_id", "source", "outcome"),
    *("label", "sample_rate"),
)


class Migration(migrations.Migration):
    dependencies = [("signals_app", "0014_judge_endpoints")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARD, BACKWARD)],
            state_operations=[
                migrations.AddField(
                    "labelcount", "sample_rate", models.FloatField(default=1.0), preserve_default=False
                ),
                migrations.AlterField(
                    "labelcount",
                    "pk",
                    models.CompositePrimaryKey(
                        *KEY, blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
    ]
