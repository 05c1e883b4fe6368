//! What depends on the database, on each of them.

use super::nul_texts::a_nul_in_any_text_of_any_request_is_refused_and_fails_nowhere;
use super::site::{PASSWORD, Site, bearer};
use crate::web::access::{BodyBounds, Entry};

#[cfg(feature = "postgres")]
#[path = "../../../../tests/jobs/postgres.rs"]
mod postgres;

async fn locked(database: &str) -> Site {
    Site::with(database, Entry { is_locked: true, ..Entry::default() }, BodyBounds::default()).await
}

macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[actix_web::test]
            async fn $test() {
                super::$test(&super::locked("sqlite::memory:").await).await;
            })+
        }

        #[cfg(feature = "postgres")]
        mod on_postgres {
            $(#[actix_web::test]
            async fn $test() {
                let schema = super::postgres::Schema::create();
                let site = super::locked(&schema.url()).await;
                super::$test(&site).await;
            })+
        }
    };
}

on_both!(
    a_nul_in_any_text_of_any_request_is_refused_and_fails_nowhere,
    a_nul_in_a_text_is_refused_and_fails_nowhere,
    foreign_objects_do_not_exist,
    guesses_at_once_have_no_more_turns,
);

async fn a_nul_in_a_text_is_refused_and_fails_nowhere(site: &Site) {
    let owner = site.claimed().await;
    let head = bearer(&owner.token);
    let id = owner.portfolio;
    for path in [
        "/api/v1/jobs?kind=%00",
        "/api/v1/jobs?key=a%00b",
        "/api/v1/jobs?cursor=%00",
        "/api/v1/notifications?cursor=%00",
    ] {
        assert_eq!(site.get(path, &head).await.status, 400, "{path}");
    }
    for path in [
        "/api/current-price/%00",
        "/api/current-price/K%00O",
        "/shared/%00",
        "/sign-in?next=%00",
        "/assets/%00",
    ] {
        let told = site.get(path, &head).await;
        assert!(told.status < 500, "{path}: {told:?}");
    }
    let forms = [
        ("/portfolios", "name=a%00b&currency=USD&cost_method=fifo".to_owned()),
        ("/account/tokens", "name=a%00b&scopes=read".to_owned()),
        ("/account/links", format!("portfolio={id}&name=a%00b")),
        ("/users", "name=a%00b&role=member&password=long+enough+password".to_owned()),
        ("/users", "name=eve&email=a%00b%40example.org&role=member&password=long+enough+password".to_owned()),
    ];
    for (path, form) in forms {
        let told = site.form(path, &head, &form).await;
        assert_eq!(told.status, 400, "{path} {form}: {told:?}");
    }
    let bodies = [
        ("/api/v1/auth/tokens", "{\"name\": \"a\\u0000b\", \"scopes\": [\"read\"]}".to_owned()),
        ("/api/v1/share-links", format!("{{\"portfolio\": \"{id}\", \"name\": \"a\\u0000b\"}}")),
        (
            "/api/v1/users",
            "{\"name\": \"a\\u0000b\", \"role\": \"member\", \"password\": \"long enough password\"}".to_owned(),
        ),
        (
            "/api/v1/notifications/rules",
            "{\"kind\": \"refresh-finished\", \"channel\": \"webhook\", \"destination\": \"https://a.example/\\u0000\"}"
                .to_owned(),
        ),
    ];
    for (path, body) in bodies {
        let told = site.send("POST", path, &head, &body).await;
        assert!(matches!(told.status, 400 | 409), "{path}: {told:?}");
    }
    assert_eq!(site.form("/sign-in", "", "name=a%00da&password=wrong+password").await.status, 403);
    let body = "{\"username\": \"a\\u0000da\", \"password\": \"wrong password\"}";
    assert_eq!(site.send("POST", "/api/v1/auth/login", "", body).await.status, 401);
    let upload = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\u{0}b.csv\"\r\n\r\n\
                  Ticker,Type,Date,Price,Shares,Notes\nKO,Buy,2024-03-05,1,1,a\u{0}b\nK\u{0}O,Buy,2024-03-05,1,1,x\n\r\n--edge--\r\n";
    let multipart = format!("{head}Content-Type: multipart/form-data; boundary=edge\r\n");
    let told = site.ask("POST", &format!("/portfolio/{id}/import"), &multipart, upload).await;
    assert!(told.status > 0 && told.status < 500, "{told:?}");
}

async fn foreign_objects_do_not_exist(site: &Site) {
    let owner = site.claimed().await;
    site.add("grace", bellwether_domain::Role::Member).await;
    let member = site.person("grace", None).await;
    for (caller, other) in [(&owner, &member), (&member, &owner)] {
        let (own, foreign) = (site.objects_of(caller).await, site.objects_of(other).await);
        let head = bearer(&caller.token);
        for (objects, status) in [(&own, 200), (&foreign, 404)] {
            let paths = [
                format!("/dashboard/{}", objects.portfolio),
                format!("/api/dashboard-holdings-data/{}", objects.portfolio),
                format!("/api/v1/jobs/{}", objects.job),
                format!("/api/v1/notifications/rules/{}", objects.rule),
            ];
            for path in paths {
                assert_eq!(site.get(&path, &head).await.status, status, "{path}");
            }
        }
        for path in [
            format!("/api/v1/notifications/rules/{}", foreign.rule),
            format!("/api/v1/auth/tokens/{}", foreign.token),
            format!("/api/v1/share-links/{}", foreign.link),
            format!("/api/v1/jobs/{}", foreign.job),
        ] {
            assert_eq!(site.ask("DELETE", &path, &head, "").await.status, 404, "{path}");
        }
    }
}

async fn guesses_at_once_have_no_more_turns(site: &Site) {
    site.claimed().await;
    let guess = "{\"username\": \"ada\", \"password\": \"a wrong guess\"}";
    let all = (0..12).map(|_| site.send("POST", "/api/v1/auth/login", "", guess));
    let told = futures::future::join_all(all).await;
    assert!(told.iter().all(|told| matches!(told.status, 401 | 429)), "{told:?}");
    let looked_at = told.iter().filter(|told| told.status == 401).count();
    // Five are free; each of the others waits for a second at least, which many at once may take to be served.
    assert!((5..=7).contains(&looked_at), "{looked_at}");
    let told = site.form("/sign-in", "", &format!("name=ada&password={PASSWORD}")).await;
    assert!(matches!(told.status, 303 | 429), "{told:?}");
}
