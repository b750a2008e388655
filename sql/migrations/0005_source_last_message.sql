-- The last message consumed from a source, for recognising a topic that was made again: its offset, and the first 64 bits
-- of the SHA-256 of its bytes. Null until a batch has been written.
alter table raw.source
  add column last_offset bigint,
  add column last_message_hash bigint;
