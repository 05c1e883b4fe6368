//! What is written through one process is in the next read of the other.

use bellwether_domain::PortfolioId;
use serde_json::Value;

use crate::fleet::{fleet, holdings, import, purchases};
use crate::postgres::Schema;
use crate::redis::Redis;
use crate::server::Server;

fn of_ko(server: &Server, id: PortfolioId, key: &str) -> Value {
    let told = holdings(server, id);
    let held = told["holdings"].as_array().unwrap();
    held.iter().find(|held| held["ticker"] == "KO").map_or(Value::Null, |held| held[key].clone())
}

fn typed(server: &Server, price: &str) -> Value {
    let price = format!("{{\"ticker\": \"KO\", \"price\": \"{price}\", \"currency\": \"USD\"}}");
    server.post("/api/prices", "application/json", price.as_bytes()).json()
}

/// Each read finds an older answer at hand, of the read before.
fn writes_are_seen(redis: Option<&Redis>) {
    let schema = Schema::create();
    let fleet = fleet(&schema.url(), "none", redis);
    let id = fleet[0].new_portfolio("Main");
    for (round, shares) in (1_u32..=6).zip([10.0, 20.0, 30.0, 40.0, 50.0, 60.0]) {
        let (writer, reader) = (&fleet[round as usize % 2], &fleet[(round as usize + 1) % 2]);
        // No two rows alike: a row that is there already is passed over.
        import(writer, id, &purchases(&["KO"]).replace("60.5", &format!("{round}.5")));
        assert_eq!(of_ko(reader, id, "shares"), Value::from(shares));

        let price = format!("{round}1.25");
        let shown = Value::from(price.parse::<f64>().unwrap());
        let day = typed(writer, &price)["date"].as_str().unwrap().to_owned();
        assert_eq!(of_ko(reader, id, "current_price"), shown);
        assert_eq!(reader.delete(&format!("/api/prices/KO/{day}")).status(), 200);
        assert_ne!(of_ko(writer, id, "current_price"), shown);

        let name = format!("Number{round}");
        assert!(!reader.get(&format!("/dashboard/{id}")).text().contains(&name));
        writer.new_portfolio(&name);
        assert!(reader.get(&format!("/dashboard/{id}")).text().contains(&name), "{name}");
    }
}

#[test]
fn a_write_through_one_is_in_the_next_read_of_the_other() {
    writes_are_seen(Some(&Redis::start()));
}

#[test]
fn a_write_through_one_is_in_the_next_read_of_the_other_without_redis() {
    writes_are_seen(None);
}
