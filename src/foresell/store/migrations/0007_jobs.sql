-- The queue of the worker, in a schema of its own: the tables are procrastinate's, as the installed version brings them.
create schema jobs;
comment on schema jobs is 'Which job is next, and which worker has it. What a job is about stands in desk.jobs.';
set search_path = jobs;

-- include procrastinate sql/schema.sql

grant usage on schema jobs to foresell_app;
grant select, insert, update, delete on all tables in schema jobs to foresell_app;
grant usage on all sequences in schema jobs to foresell_app;
