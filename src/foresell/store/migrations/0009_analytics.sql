-- The API changes the segment rules, and which model serves, through functions that ask who is acting.
set search_path = truth;

create function save_segment_rules(rules jsonb) returns integer
language plpgsql security definer
set search_path = truth, pg_temp
as $$
declare
    version integer;
begin
    if not access.may('segments.write') then
        raise insufficient_privilege using message = 'segment rules are written by those who hold segments.write';
    end if;
    lock table segment_rules in share row exclusive mode;
    select coalesce(max(rules_version), 0) + 1 into version from segment_rules;
    insert into segment_rules (rules_version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, advice)
    select version, position, name, r_min, r_max, f_min, f_max, m_min, m_max, advice
    from jsonb_to_recordset(rules) as rule (
        position integer, name text, r_min integer, r_max integer, f_min integer, f_max integer, m_min integer,
        m_max integer, advice text);
    return version;
end $$;
comment on function save_segment_rules is 'Makes a new version of the rules, an array of objects with the columns of segment_rules; returns it. Old runs keep theirs.';

create function withdraw_model(of_task text) returns integer
language plpgsql security definer
set search_path = truth, pg_temp
as $$
declare
    found_model integer;
begin
    if not access.may('models.manage') then
        raise insufficient_privilege using message = 'models are withdrawn by those who hold models.manage';
    end if;
    update models set state = 'withdrawn'
    where model_id = (
        select model_id from models where task = of_task and state = 'served' order by as_of desc, model_id desc limit 1)
    returning model_id into found_model;
    return found_model;
end $$;
comment on function withdraw_model is 'Takes the newest serving model of a task out of service and returns its number, null when none serves; the one before it serves from the next refresh on.';

revoke execute on function save_segment_rules(jsonb), withdraw_model(text) from public;
grant execute on function save_segment_rules(jsonb), withdraw_model(text) to foresell_web;
