-- The JavaScript worker's own role, as docs/kubernetes.md has it. For psql, 15 or later; it may run again.
\getenv password JAVASCRIPT_PASSWORD
DO $$ BEGIN CREATE ROLE aerie_javascript; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
ALTER ROLE aerie_javascript LOGIN PASSWORD :'password';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT SELECT, UPDATE ON task TO aerie_javascript;
GRANT INSERT ON task_tally TO aerie_javascript;
