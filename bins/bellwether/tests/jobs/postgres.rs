//! A schema of its own in the server that the environment names.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

pub(crate) struct Schema {
    server: String,
    name: String,
}

impl Schema {
    pub(crate) fn create() -> Self {
        let server = std::env::var("TEST_DATABASE_URL").expect(
            "with the feature `postgres`, TEST_DATABASE_URL must name a PostgreSQL: see scripts/postgres-for-tests",
        );
        let schema = Self { server, name: format!("test_{}", uuid::Uuid::now_v7().simple()) };
        schema.execute(&format!("CREATE SCHEMA {}", schema.name));
        schema
    }

    pub(crate) fn url(&self) -> String {
        let separator = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{separator}options=-csearch_path%3D{}", self.server, self.name)
    }

    fn execute(&self, sql: &str) {
        let mut server = PgConnection::establish(&self.server).expect("it answers");
        server.batch_execute(sql).expect("carried out");
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.execute(&format!("SET client_min_messages = warning; DROP SCHEMA {} CASCADE", self.name));
        }
    }
}
