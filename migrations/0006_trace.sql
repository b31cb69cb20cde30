-- Where in a trace a delivery, and a change, came to be: the `traceparent` of W3C Trace Context. Null where no traces are made.
alter table delivery add column trace text;
alter table status_log add column trace text;
