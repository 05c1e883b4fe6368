//! Who may sign in.

use actix_web::{HttpResponse, web};
use bellwether_domain::{Role, UserId};
use bellwether_tracker::{NewUser, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{RoleName, instant, read};
use crate::web::api::Answer;
use crate::web::api::answer::{fresh, gone, named};
use crate::web::api::schema::{Instant, UserName};
use crate::web::caller::Caller;

/// Somebody who may sign in.
#[derive(Serialize, ToSchema)]
struct UserShown {
    #[schema(value_type = Uuid)]
    id: UserId,
    name: String,
    email: Option<String>,
    #[schema(value_type = RoleName)]
    role: Role,
    #[schema(value_type = Instant)]
    created_at: String,
}

fn shown_user(user: &User) -> UserShown {
    UserShown {
        id: user.id,
        name: user.name.clone(),
        email: user.email.clone(),
        role: user.role,
        created_at: instant(user.created_at),
    }
}

#[derive(Serialize, ToSchema)]
struct Users {
    users: Vec<UserShown>,
}

/// Who may sign in.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    responses((status = 200, description = "All of them.", body = Users))
)]
pub(super) async fn users(caller: Caller) -> Answer {
    let users = caller.tracker.users().await?;
    Ok(fresh(&Users { users: users.iter().map(shown_user).collect() }))
}

/// Somebody who is to be able to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedUser {
    #[schema(value_type = UserName)]
    name: String,
    email: Option<String>,
    #[schema(value_type = RoleName)]
    role: Role,
    /// At least twelve characters, and none of those that everybody takes.
    #[schema(min_length = 12, max_length = 1024)]
    password: String,
}

/// Lets somebody sign in.
#[utoipa::path(
    post,
    path = "/api/v1/users",
    request_body = WantedUser,
    responses((status = 201, description = "The user.", body = UserShown), (status = 409, description = "There is one of that name or address."))
)]
pub(super) async fn add_user(caller: Caller, body: web::Bytes) -> Answer {
    let WantedUser { name, email, role, password } =
        read(&body, "a user, with \"name\", \"role\" and \"password\"")?;
    let user = caller.tracker.add_user(NewUser { name, email, role, password }).await?;
    Ok(HttpResponse::Created().json(shown_user(&user)))
}

/// Removes a user with all that is theirs.
#[utoipa::path(
    delete,
    path = "/api/v1/users/{user}",
    params(("user" = Uuid, Path, description = "The user.")),
    responses((status = 204, description = "They are gone."), (status = 409, description = "They are the last owner."))
)]
pub(super) async fn remove_user(caller: Caller, id: web::Path<String>) -> Answer {
    let user: UserId = named(&id, "user")?;
    caller.tracker.remove_user(user).await?;
    Ok(gone())
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedPassword {
    #[schema(min_length = 12, max_length = 1024)]
    password: String,
}

/// Gives a user another password; their sessions end.
#[utoipa::path(
    put,
    path = "/api/v1/users/{user}/password",
    params(("user" = Uuid, Path, description = "The user.")),
    request_body = WantedPassword,
    responses((status = 204, description = "It is theirs now."),
        (status = 409, description = "They are the owner, who changes it with the old one."))
)]
pub(super) async fn reset_password(caller: Caller, id: web::Path<String>, body: web::Bytes) -> Answer {
    let user: UserId = named(&id, "user")?;
    let WantedPassword { password } = read(&body, "a password")?;
    caller.tracker.give_password(&caller.who, user, password).await?;
    Ok(gone())
}
