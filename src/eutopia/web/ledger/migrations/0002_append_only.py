"""The database refuses to change or delete what was promised and what became of it."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_promise_append_only BEFORE UPDATE OR DELETE ON ledger_promise
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_promiseevent_append_only BEFORE UPDATE OR DELETE ON ledger_promiseevent
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
"""

ALLOW = """
DROP TRIGGER ledger_promise_append_only ON ledger_promise;
DROP TRIGGER ledger_promiseevent_append_only ON ledger_promiseevent;
DROP FUNCTION ledger_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
