-- Where a message stood in the delivery that brought it: providers' times are whole seconds.
ALTER TABLE chat_message ADD COLUMN place integer NOT NULL DEFAULT 0;
