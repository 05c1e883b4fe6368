//! A file on its way into the ledger over HTTP, by programs and by people.

use serde_json::{Value, json};

use crate::program::{Answer, Server, run, said};

const MIXED: &str = "Ticker,Type,Date,Price,Shares\n\
    KO,Buy,2024-03-05,60,10\n\
    KO,Buy,soon,61,11\n\
    KO,Buy,2024-03-07,62,4\n";

fn post(server: &Server, path: &str, kind: &str, body: &str) -> Answer {
    server.send(&format!("POST {path} HTTP/1.1\r\nContent-Type: {kind}"), body)
}

fn form(server: &Server, path: &str, body: &str) -> Answer {
    post(server, path, "application/x-www-form-urlencoded", body)
}

fn patch(server: &Server, path: &str, tag: &str, body: &Value) -> Answer {
    let head = format!("PATCH {path} HTTP/1.1\r\nContent-Type: application/json\r\nIf-Match: {tag}");
    server.send(&head, &body.to_string())
}

#[tokio::test]
async fn a_program_previews_corrects_commits_and_undoes() {
    let (server, id) = Server::with_a_portfolio().await;
    let all = format!("/api/v1/portfolios/{id}/imports");

    let begun = post(&server, &format!("{all}?name=few.csv"), "text/csv", MIXED);
    assert_eq!(begun.status, 201, "{}", said(&begun.body));
    let place = begun.header("location").unwrap().to_owned();
    let tag = begun.header("etag").unwrap().to_owned();
    let told = begun.json();
    assert_eq!((&told["state"], &told["file_name"]), (&json!("draft"), &json!("few.csv")));
    let counts = json!({ "new": 1, "duplicate": 1, "attention": 0, "error": 1, "ignored": 0 });
    assert_eq!(told["draft"]["preview"]["counts"], counts);
    let known = server.send(&format!("GET {place} HTTP/1.1\r\nIf-None-Match: {tag}"), "");
    assert_eq!(known.status, 304);

    let first = server.get(&format!("{place}/rows?limit=2")).json();
    assert_eq!(first["items"][0]["status"], "duplicate");
    assert_eq!(first["items"][1]["reasons"][0]["column"], "Date");
    let next = first["next"].as_str().unwrap();
    let rest = server.get(&format!("{place}/rows?limit=2&cursor={next}")).json();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    assert_eq!(rest["items"][0]["transactions"][0]["price"], "62");
    server.get(&format!("{place}/rows?status=odd")).is_a_problem(400);

    let change = json!({ "corrections": { "1": { "cells": { "2": "2024-03-06" } } } });
    let changed = patch(&server, &place, &tag, &change);
    assert_eq!(changed.status, 200, "{}", said(&changed.body));
    assert_eq!(changed.json()["draft"]["preview"]["counts"]["new"], 2);
    patch(&server, &place, &tag, &change).is_a_problem(412);
    patch(&server, &place, "*", &json!({ "colour": 1 })).is_a_problem(400);

    let committed = post(&server, &format!("{place}/commit"), "application/json", "");
    assert_eq!(committed.status, 200, "{}", said(&committed.body));
    assert_eq!((&committed.json()["imported"], &committed.json()["already_there"]), (&json!(2), &json!(1)));
    post(&server, &format!("{place}/commit"), "application/json", "").is_a_problem(409);
    assert_eq!(server.get(&place).json()["state"], "committed");
    assert_eq!(server.get(&format!("{place}/rejects.csv")).status, 200);
    assert_eq!(server.get(&format!("{place}/reconciliation")).json()["lines"], json!([]));

    let undone = post(&server, &format!("{place}/undo"), "application/json", "");
    assert_eq!(undone.json()["state"], "undone");
    post(&server, &format!("{place}/undo"), "application/json", "").is_a_problem(409);
    let history = server.get(&all).json();
    assert_eq!(history["items"][0]["state"], "undone");
    assert_eq!(server.get(&format!("/api/v1/portfolios/{id}/proposals")).status, 200);
}

#[test]
fn a_ledger_without_the_shares_that_it_sold_is_said_on_its_dashboard() {
    let folder = tempfile::TempDir::new().unwrap();
    let trades = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nKO,Sell,2024-03-07,62,40\n";
    std::fs::write(folder.path().join("short.csv"), trades).unwrap();
    let imported = run(folder.path(), &["import", "short.csv"]);
    assert!(said(&imported.stdout).contains("needs attention"), "splits are not known: it is kept");

    let server = Server::start(folder, "none");
    let id = server.get("/api/v1/portfolios").json()["items"][0]["id"].as_str().unwrap().to_owned();
    let dashboard = server.get(&format!("/dashboard/{id}"));
    assert_eq!(dashboard.status, 200, "{}", said(&dashboard.body));
    assert!(
        said(&dashboard.body).contains("40 KO leave on 7 Mar 2024, but only 10 are held"),
        "{}",
        said(&dashboard.body)
    );
}

#[tokio::test]
async fn what_is_wrong_about_an_upload_is_said() {
    let (server, id) = Server::with_a_portfolio().await;
    let all = format!("/api/v1/portfolios/{id}/imports");

    post(&server, &all, "text/csv", "just,some\nother,words\n");
    post(&server, &all, "text/csv", "").is_a_problem(400);
    post(&server, &format!("{all}?currency=dollars"), "text/csv", MIXED).is_a_problem(400);
    post(&server, &all, "multipart/form-data; boundary=x", "--x--\r\n").is_a_problem(400);
    let other = "/api/v1/portfolios/018f0000-0000-7000-8000-000000000000/imports";
    post(&server, other, "text/csv", MIXED).is_a_problem(404);
    server.get(&format!("{all}/018f0000-0000-7000-8000-000000000000")).is_a_problem(404);
    server.get(&format!("{all}?cursor=x")).is_a_problem(400);
}

#[tokio::test]
async fn a_person_goes_step_by_step() {
    let (server, id) = Server::with_a_portfolio().await;
    let all = format!("/portfolio/{id}/imports");
    let upload = |name: &str, content: &str| {
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--x--\r\n"
        );
        post(&server, &all, "multipart/form-data; boundary=x", &body)
    };
    let page = |path: &str| {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", said(&answer.body));
        said(&answer.body)
    };

    // A file in no known form waits for the meaning of its columns.
    let unknown = upload("u.csv", "Valuta;Was;Papier;Anzahl;Kurs\n05.03.2024;Kauf;KO;3;60,5\n");
    let place = unknown.header("location").unwrap().to_owned();
    assert_eq!(unknown.status, 303);
    assert!(page(&place).contains("What do the columns hold?"));
    let fields = "column-date=Valuta&column-kind=Was&column-symbol=Papier&column-quantity=Anzahl&column-price=Kurs\
        &word=Kauf&means=buy&signs=nothing&remember=yes";
    assert_eq!(form(&server, &format!("{place}/mapping"), fields).status, 303);
    assert!(page(&place).contains("Import 1 transaction<"), "{}", page(&place));
    assert!(page(&all).contains("Valuta, Was, Papier"), "remembered");
    let wrong = form(&server, &format!("{place}/mapping"), "column-date=Elsewhere&signs=nothing");
    assert_eq!(wrong.status, 400, "{}", said(&wrong.body));

    let begun = upload("<b>few</b>.csv", MIXED);
    let place = begun.header("location").unwrap().to_owned();
    let rows = page(&place);
    assert!(rows.contains("&lt;b&gt;few") && !rows.contains("<b>few"), "{rows}");
    assert!(rows.contains("cannot be used: 1"), "{rows}");
    assert!(page(&format!("{place}?status=error")).contains("is not a date"));
    let corrected =
        form(&server, &format!("{place}/row"), "row=1&status=error&from=0&cell-2=2024-03-06&action=cells");
    assert_eq!(corrected.status, 303, "{}", said(&corrected.body));
    assert_eq!(form(&server, &format!("{place}/row"), "row=2&action=leave-out").status, 303);
    let rows = page(&place);
    assert!(rows.contains("cannot be used: 0") && rows.contains("Left out"), "{rows}");
    assert_eq!(form(&server, &format!("{place}/commit"), "").status, 303);
    assert!(page(&place).contains("1 transaction imported into Main"), "{}", page(&place));
    assert!(page(&format!("{place}/reconciliation")).contains("neither positions nor cash"));
    assert_eq!(form(&server, &format!("{place}/undo"), "").status, 303);
    assert!(page(&place).contains("was undone on"));
    assert!(page(&all).contains("u.csv"));
    page(&format!("/portfolio/{id}/proposals"));
    page(&format!("/portfolio/{id}/import"));
}
