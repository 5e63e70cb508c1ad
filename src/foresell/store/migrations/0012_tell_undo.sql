-- Screens were not told when a batch was taken back.
set search_path = desk;

create function tell_undo() returns trigger
language plpgsql
as $$
begin
    perform desk.tell('batch_undone', jsonb_build_object('batch_id', new.batch_id), 'quality.read');
    return null;
end $$;
comment on function tell_undo is 'Screens learn that a batch was taken back, whoever does it; at the commit, because telling keeps others from telling.';
create constraint trigger told after update on truth.load_batches deferrable initially deferred
for each row when (old.undone_at is null and new.undone_at is not null) execute function tell_undo();
revoke execute on function tell_undo() from public;
