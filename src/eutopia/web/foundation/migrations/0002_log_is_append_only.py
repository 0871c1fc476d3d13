"""The database refuses to change, delete or empty the log of acts."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION foundation_act_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of acts is append-only: % refused', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER foundation_act_append_only BEFORE UPDATE OR DELETE ON foundation_act
    FOR EACH ROW EXECUTE FUNCTION foundation_act_refuse();
CREATE TRIGGER foundation_act_no_truncate BEFORE TRUNCATE ON foundation_act
    FOR EACH STATEMENT EXECUTE FUNCTION foundation_act_refuse();
"""

ALLOW = """
DROP TRIGGER foundation_act_append_only ON foundation_act;
DROP TRIGGER foundation_act_no_truncate ON foundation_act;
DROP FUNCTION foundation_act_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
