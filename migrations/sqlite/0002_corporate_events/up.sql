-- What spin-offs, mergers, ticker changes, chosen lots and transferred lots need beside the first columns.

-- The instrument that comes out of a corporate event.
ALTER TABLE transactions ADD COLUMN other_instrument_id INTEGER REFERENCES instruments (id);
-- Part of the cost that moves, 0 to 1.
ALTER TABLE transactions ADD COLUMN cost_share TEXT CHECK (cost_share NOT GLOB '*[^-.0-9]*' AND cost_share <> '');
ALTER TABLE transactions ADD COLUMN cash_in_lieu TEXT CHECK (cash_in_lieu NOT GLOB '*[^-.0-9]*' AND cash_in_lieu <> '');
-- Chosen lots as JSON: [{"opened_by": transaction, "quantity": decimal text}, ...].
ALTER TABLE transactions ADD COLUMN lots TEXT;
-- The day on which transferred shares were first acquired.
ALTER TABLE transactions ADD COLUMN acquired INTEGER;

CREATE INDEX transactions_of_other_instrument ON transactions (other_instrument_id);
