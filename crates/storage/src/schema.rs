//! The tables, one description for both back ends: `migrations/` says the same in each dialect.

diesel::table! {
    users (id) {
        id -> Binary,
        name -> Text,
        email -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        role -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Binary,
        user_id -> Binary,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        expires_at -> BigInt,
        address -> Text,
        user_agent -> Text,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Binary,
        user_id -> Binary,
        name -> Text,
        token_hash -> Binary,
        scopes -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    share_links (id) {
        id -> Binary,
        portfolio_id -> Binary,
        name -> Text,
        token_hash -> Binary,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    idempotency_keys (user_id, key) {
        user_id -> Binary,
        key -> Text,
        request -> Binary,
        begun_at -> BigInt,
        status -> Nullable<Integer>,
        headers -> Nullable<Text>,
        body -> Nullable<Binary>,
    }
}

diesel::table! {
    sign_in_failures (subject) {
        subject -> Binary,
        failures -> Integer,
        last_at -> BigInt,
        blocked_until -> BigInt,
    }
}

diesel::table! {
    oidc_identities (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        user_id -> Nullable<Binary>,
        name -> Text,
        linked_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    oidc_sign_ins (browser) {
        browser -> Binary,
        user_id -> Nullable<Binary>,
        next_page -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    instruments (id) {
        id -> Integer,
        symbol -> Text,
        name -> Nullable<Text>,
        kind -> Text,
        currency -> Nullable<Text>,
        exchange -> Text,
        history_fetched_at -> Nullable<BigInt>,
        price_version -> BigInt,
    }
}

diesel::table! {
    portfolios (id) {
        id -> Binary,
        user_id -> Binary,
        name -> Text,
        description -> Text,
        base_currency -> Text,
        cost_method -> Text,
        dividends -> Text,
        demo -> Bool,
        ledger_version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    portfolio_benchmarks (portfolio_id, position) {
        portfolio_id -> Binary,
        position -> Integer,
        symbol -> Text,
    }
}

diesel::table! {
    imports (id) {
        id -> Binary,
        portfolio_id -> Binary,
        file_name -> Text,
        format -> Text,
        sha256 -> Binary,
        inserted -> Integer,
        duplicates -> Integer,
        rejected -> Integer,
        created_at -> BigInt,
        undone_at -> Nullable<BigInt>,
        stated -> Nullable<Text>,
    }
}

diesel::table! {
    import_drafts (id) {
        id -> Binary,
        portfolio_id -> Binary,
        file_name -> Text,
        sha256 -> Binary,
        content -> Binary,
        choices -> Text,
        version -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    import_mappings (user_id, key) {
        user_id -> Binary,
        key -> Text,
        header -> Text,
        mapping -> Text,
        created_at -> BigInt,
        used_at -> BigInt,
    }
}

diesel::table! {
    transactions (id) {
        id -> Binary,
        portfolio_id -> Binary,
        user_id -> Binary,
        kind -> Text,
        trade_date -> Integer,
        sequence -> BigInt,
        instrument_id -> Nullable<Integer>,
        quantity -> Nullable<Text>,
        price -> Nullable<Text>,
        amount -> Nullable<Text>,
        fee -> Nullable<Text>,
        tax -> Nullable<Text>,
        ratio_new -> Nullable<Text>,
        ratio_old -> Nullable<Text>,
        currency -> Text,
        fx_rate -> Nullable<Text>,
        account -> Text,
        note -> Text,
        import_id -> Nullable<Binary>,
        fingerprint -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        other_instrument_id -> Nullable<Integer>,
        cost_share -> Nullable<Text>,
        cash_in_lieu -> Nullable<Text>,
        lots -> Nullable<Text>,
        acquired -> Nullable<Integer>,
    }
}

diesel::table! {
    import_rows (import_id, position) {
        import_id -> Binary,
        position -> Integer,
        line -> Integer,
        outcome -> Text,
        transaction_id -> Nullable<Binary>,
        content -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        portfolio_id -> Nullable<Binary>,
        user_id -> Nullable<Binary>,
        at -> BigInt,
        action -> Text,
        subject -> Text,
        subject_id -> Binary,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        change_id -> Nullable<Binary>,
    }
}

diesel::table! {
    price_sources (id) {
        id -> Integer,
        name -> Text,
        basis -> Text,
    }
}

diesel::table! {
    price_chunks (instrument_id, year, source_id) {
        instrument_id -> Integer,
        year -> Integer,
        source_id -> Integer,
        closes -> Binary,
        details -> Nullable<Binary>,
    }
}

diesel::table! {
    corporate_actions (instrument_id, ex_date, kind, source_id) {
        instrument_id -> Integer,
        ex_date -> Integer,
        kind -> Text,
        source_id -> Integer,
        ratio_new -> Nullable<Text>,
        ratio_old -> Nullable<Text>,
        amount -> Nullable<Text>,
        currency -> Nullable<Text>,
    }
}

diesel::table! {
    quotes (instrument_id) {
        instrument_id -> Integer,
        price -> Text,
        currency -> Text,
        as_of -> BigInt,
        fetched_at -> BigInt,
        previous_close -> Nullable<Text>,
        delay_minutes -> Integer,
        source -> Text,
    }
}

diesel::table! {
    indices (id) {
        id -> Binary,
        user_id -> Binary,
        name -> Text,
        base_currency -> Text,
        rebalancing -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    index_components (index_id, instrument_id) {
        index_id -> Binary,
        instrument_id -> Integer,
        weight -> Text,
    }
}

diesel::table! {
    index_values (index_id, date) {
        index_id -> Binary,
        date -> Integer,
        value -> Double,
    }
}

diesel::table! {
    target_allocations (id) {
        id -> Binary,
        user_id -> Binary,
        portfolio_id -> Binary,
        date -> Integer,
        dimension -> Text,
        target -> Text,
        weight -> Text,
    }
}

diesel::table! {
    jobs (id) {
        id -> Binary,
        kind -> Text,
        key -> Text,
        payload -> Text,
        priority -> Integer,
        state -> Text,
        attempts -> Integer,
        max_attempts -> Integer,
        created_at -> BigInt,
        run_at -> BigInt,
        started_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
        worker -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        cancel_requested -> Bool,
        progress_done -> Integer,
        progress_total -> Integer,
        progress_note -> Nullable<Text>,
        error -> Nullable<Text>,
        progress_detail -> Nullable<Text>,
    }
}

diesel::table! {
    job_files (id) {
        id -> Binary,
        name -> Text,
        media_type -> Text,
        content -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    notifications (id) {
        id -> Binary,
        user_id -> Binary,
        kind -> Text,
        severity -> Text,
        title -> Text,
        body -> Text,
        link -> Nullable<Text>,
        key -> Text,
        created_at -> BigInt,
        read_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    notification_rules (id) {
        id -> Binary,
        user_id -> Binary,
        portfolio_id -> Nullable<Binary>,
        instrument_id -> Nullable<Integer>,
        kind -> Text,
        threshold -> Nullable<Text>,
        channel -> Text,
        destination -> Text,
        enabled -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    notification_deliveries (id) {
        id -> Binary,
        notification_id -> Binary,
        channel -> Text,
        destination -> Text,
        attempts -> Integer,
        delivered_at -> Nullable<BigInt>,
        failed_at -> Nullable<BigInt>,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    notification_conditions (user_id, key) {
        user_id -> Binary,
        key -> Text,
        since -> BigInt,
    }
}

diesel::table! {
    quiet_hours (user_id) {
        user_id -> Binary,
        begins -> Integer,
        ends -> Integer,
        zone -> Text,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    upkeep (instrument_id) {
        instrument_id -> Integer,
        closes_fetched_at -> Nullable<BigInt>,
        verified_at -> Nullable<BigInt>,
        doubted_at -> Nullable<BigInt>,
        refused_since -> Nullable<BigInt>,
        refused_at -> Nullable<BigInt>,
        ex_date -> Nullable<Integer>,
    }
}

diesel::joinable!(transactions -> instruments (instrument_id));
diesel::joinable!(price_chunks -> price_sources (source_id));
diesel::joinable!(corporate_actions -> price_sources (source_id));
diesel::joinable!(corporate_actions -> instruments (instrument_id));
diesel::joinable!(quotes -> instruments (instrument_id));
diesel::joinable!(index_components -> instruments (instrument_id));

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(api_tokens -> users (user_id));
diesel::joinable!(share_links -> portfolios (portfolio_id));
diesel::joinable!(import_drafts -> portfolios (portfolio_id));

diesel::joinable!(notification_deliveries -> notifications (notification_id));
diesel::joinable!(notification_rules -> instruments (instrument_id));

diesel::allow_tables_to_appear_in_same_query!(sessions, users);
diesel::allow_tables_to_appear_in_same_query!(api_tokens, users);
diesel::allow_tables_to_appear_in_same_query!(share_links, portfolios);
diesel::allow_tables_to_appear_in_same_query!(import_drafts, portfolios);
diesel::allow_tables_to_appear_in_same_query!(notification_deliveries, notifications);
diesel::allow_tables_to_appear_in_same_query!(notification_rules, instruments);
diesel::allow_tables_to_appear_in_same_query!(index_components, instruments);
diesel::allow_tables_to_appear_in_same_query!(
    corporate_actions,
    instruments,
    portfolio_benchmarks,
    price_chunks,
    price_sources,
    quotes,
    transactions,
);
