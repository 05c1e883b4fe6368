-- What spin-offs, mergers, ticker changes, chosen lots and transferred lots need beside the first columns.

-- The instrument that comes out of a corporate event.
ALTER TABLE transactions ADD COLUMN other_instrument_id INTEGER REFERENCES instruments (id);
-- Part of the cost that moves, 0 to 1.
ALTER TABLE transactions ADD COLUMN cost_share exact_decimal;
ALTER TABLE transactions ADD COLUMN cash_in_lieu exact_decimal;
-- Chosen lots as JSON: [{"opened_by": transaction, "quantity": decimal text}, ...].
ALTER TABLE transactions ADD COLUMN lots TEXT;
-- The day on which transferred shares were first acquired.
ALTER TABLE transactions ADD COLUMN acquired INTEGER;

CREATE INDEX transactions_of_other_instrument ON transactions (other_instrument_id);
