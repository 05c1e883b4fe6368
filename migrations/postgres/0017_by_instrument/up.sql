-- Transactions of a ledger by instrument, each in the order of the ledger: to tell them by symbol, a part at a time.
CREATE INDEX transactions_by_instrument ON transactions (portfolio_id, instrument_id, trade_date, sequence, id);
