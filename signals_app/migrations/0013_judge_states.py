from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("signals_app", "0012_no_pump_slots")]

    operations = [migrations.RenameModel("JudgeEndpoint", "JudgeState")]
