-- Records are read in the order of their numbers, which no clock that was set back disturbs.
DROP INDEX audit_of_portfolio;
CREATE INDEX audit_of_portfolio ON audit_log (portfolio_id, id DESC);
