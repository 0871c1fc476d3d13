"""The database refuses to change or delete what was pledged and what became of it."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION consultations_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER consultations_pledge_append_only
    BEFORE UPDATE OR DELETE ON consultations_pledge
    FOR EACH ROW EXECUTE FUNCTION consultations_refuse();
CREATE TRIGGER consultations_pledgeevent_append_only
    BEFORE UPDATE OR DELETE ON consultations_pledgeevent
    FOR EACH ROW EXECUTE FUNCTION consultations_refuse();
"""

ALLOW = """
DROP TRIGGER consultations_pledge_append_only ON consultations_pledge;
DROP TRIGGER consultations_pledgeevent_append_only ON consultations_pledgeevent;
DROP FUNCTION consultations_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("consultations", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
