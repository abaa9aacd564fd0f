-- Foundation: tenancy, keys, catalogue, configuration, gateways, usage, audit.
--
-- Ids are UUIDv7 made by the control plane.  `sid` is the short number usage
-- rows carry instead.  Amounts are nano-USD, prices pico-USD per unit.
-- `version` is the ETag.  Secrets are never stored in clear.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- tenancy -------------------------------------------------------------------
CREATE TABLE tenants (
  id uuid PRIMARY KEY,
  sid int GENERATED ALWAYS AS IDENTITY UNIQUE,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'archived')),
  timezone text NOT NULL DEFAULT 'UTC',
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz
);

CREATE TABLE teams (
  id uuid PRIMARY KEY,
  sid int GENERATED ALWAYS AS IDENTITY UNIQUE,
  tenant_id uuid NOT NULL REFERENCES tenants,
  slug text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz,
  UNIQUE (tenant_id, slug),
  UNIQUE (tenant_id, id)
);

CREATE TABLE service_accounts (
  id uuid PRIMARY KEY,
  tenant_id uuid REFERENCES tenants,
  team_id uuid,
  slug text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz,
  UNIQUE NULLS NOT DISTINCT (tenant_id, slug),
  FOREIGN KEY (tenant_id, team_id) REFERENCES teams (tenant_id, id)
);

-- credentials of people and programs ------------------------------------------
-- A token is found by its public id and proved by HMAC(pepper, whole token).
CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  sid int GENERATED ALWAYS AS IDENTITY UNIQUE,
  tenant_id uuid NOT NULL,
  team_id uuid NOT NULL,
  slug text NOT NULL,
  name text NOT NULL,
  owner text,
  display text NOT NULL,
  public_id text NOT NULL UNIQUE,
  pepper_version int NOT NULL,
  verifier bytea NOT NULL CHECK (octet_length(verifier) = 32),
  prev_public_id text UNIQUE,
  prev_pepper_version int,
  prev_verifier bytea,
  prev_valid_until timestamptz,
  allowed_models text[] NOT NULL DEFAULT '{}',
  cidrs text[] NOT NULL DEFAULT '{}',
  expires_at timestamptz,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'revoked')),
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rotated_at timestamptz,
  revoked_at timestamptz,
  revoke_reason text,
  UNIQUE (team_id, slug),
  FOREIGN KEY (tenant_id, team_id) REFERENCES teams (tenant_id, id)
);

CREATE TABLE admin_tokens (
  id uuid PRIMARY KEY,
  slug text NOT NULL,
  name text NOT NULL,
  owner_kind text NOT NULL CHECK (owner_kind IN ('platform', 'service_account')),
  owner_id uuid REFERENCES service_accounts,
  tenant_id uuid REFERENCES tenants,
  scopes text[] NOT NULL,
  display text NOT NULL,
  public_id text NOT NULL UNIQUE,
  pepper_version int NOT NULL,
  verifier bytea NOT NULL CHECK (octet_length(verifier) = 32),
  expires_at timestamptz,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  revoked_at timestamptz,
  CHECK ((owner_kind = 'service_account') = (owner_id IS NOT NULL))
);

-- catalogue -------------------------------------------------------------------
CREATE TABLE providers (
  id uuid PRIMARY KEY,
  sid int GENERATED ALWAYS AS IDENTITY UNIQUE,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text NOT NULL,
  kind text NOT NULL,
  base_url text NOT NULL,
  region text,
  allow_private_network bool NOT NULL DEFAULT false,
  timeouts jsonb NOT NULL DEFAULT '{}',
  headers jsonb NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'archived')),
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz
);

-- Exactly one of sealed, env_ref, file_ref.  sealed: AES-256-GCM under a data
-- key that is itself sealed under the key-encryption key `kek_id`.
CREATE TABLE credentials (
  id uuid PRIMARY KEY,
  provider_id uuid NOT NULL REFERENCES providers,
  slug text NOT NULL,
  name text NOT NULL,
  sealed bytea,
  sealed_key bytea,
  kek_id text,
  fingerprint text,
  env_ref text,
  file_ref text,
  weight int NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 1000000),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rotated_at timestamptz,
  archived_at timestamptz,
  UNIQUE (provider_id, slug),
  CHECK (num_nonnulls(sealed, env_ref, file_ref) = 1),
  CHECK ((sealed IS NULL) = (sealed_key IS NULL) AND (sealed IS NULL) = (kek_id IS NULL))
);

CREATE TABLE models (
  id uuid PRIMARY KEY,
  sid int GENERATED ALWAYS AS IDENTITY UNIQUE,
  tenant_id uuid REFERENCES tenants,
  slug text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?$'),
  name text NOT NULL,
  alias text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz
);
CREATE UNIQUE INDEX models_slug ON models (tenant_id, slug) NULLS NOT DISTINCT WHERE status <> 'archived';
CREATE UNIQUE INDEX models_alias ON models (tenant_id, alias) NULLS NOT DISTINCT WHERE status <> 'archived';

CREATE TABLE deployments (
  model_id uuid NOT NULL REFERENCES models ON DELETE CASCADE,
  position int NOT NULL,
  provider_id uuid NOT NULL REFERENCES providers,
  upstream_model text NOT NULL,
  weight int NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 1000000),
  priority int NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 1000000),
  region text,
  PRIMARY KEY (model_id, position)
);

CREATE TABLE routes (
  id uuid PRIMARY KEY,
  sid int GENERATED ALWAYS AS IDENTITY UNIQUE,
  tenant_id uuid REFERENCES tenants,
  slug text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text NOT NULL,
  priority int NOT NULL DEFAULT 100,
  match jsonb NOT NULL DEFAULT '{}',
  targets jsonb NOT NULL,
  strategy text NOT NULL DEFAULT 'priority',
  max_attempts int NOT NULL DEFAULT 3 CHECK (max_attempts BETWEEN 1 AND 10),
  retry_on text[] NOT NULL DEFAULT '{}',
  timeouts jsonb NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz
);
CREATE UNIQUE INDEX routes_slug ON routes (tenant_id, slug) NULLS NOT DISTINCT WHERE status <> 'archived';

-- One row per meter; rows of one meter cannot overlap in time.
CREATE TABLE prices (
  id uuid PRIMARY KEY,
  sid int GENERATED ALWAYS AS IDENTITY UNIQUE,
  layer smallint NOT NULL CHECK (layer BETWEEN 0 AND 4),
  tenant_id uuid REFERENCES tenants,
  provider text NOT NULL,
  model text NOT NULL,
  meter text NOT NULL,
  tier text NOT NULL DEFAULT 'standard',
  ctx_above bigint NOT NULL DEFAULT 0 CHECK (ctx_above >= 0),
  pico_per_unit bigint NOT NULL CHECK (pico_per_unit >= 0),
  valid tstzrange NOT NULL,
  source text NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  EXCLUDE USING gist (
    (coalesce(tenant_id, '00000000-0000-0000-0000-000000000000'::uuid)) WITH =,
    layer WITH =, provider WITH =, model WITH =, meter WITH =, tier WITH =,
    ctx_above WITH =, valid WITH &&)
);

-- configuration ---------------------------------------------------------------
-- Every change of what gateways see makes one revision, in the transaction of
-- the change; gateways are told by NOTIFY weir_config.
CREATE TABLE config_head (
  one bool PRIMARY KEY DEFAULT true CHECK (one),
  rev bigint NOT NULL
);
INSERT INTO config_head VALUES (true, 0);

CREATE TABLE config_revisions (
  rev bigint PRIMARY KEY,
  author text NOT NULL,
  request_id text,
  action text NOT NULL,
  resource_kind text NOT NULL,
  resource_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE idempotency_keys (
  principal text NOT NULL,
  key_hash bytea NOT NULL,
  fingerprint bytea NOT NULL,
  status int,
  body_sealed bytea,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (principal, key_hash)
);

-- gateways ----------------------------------------------------------------------
CREATE TABLE gateway_enrolments (
  id uuid PRIMARY KEY,
  slug text NOT NULL,
  name text NOT NULL,
  region text,
  public_id text NOT NULL UNIQUE,
  pepper_version int NOT NULL,
  verifier bytea NOT NULL CHECK (octet_length(verifier) = 32),
  display text NOT NULL,
  max_uses int NOT NULL DEFAULT 1 CHECK (max_uses BETWEEN 1 AND 100000),
  uses int NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (uses <= max_uses)
);

CREATE TABLE gateways (
  id uuid PRIMARY KEY,
  sid int GENERATED ALWAYS AS IDENTITY UNIQUE,
  slug text NOT NULL UNIQUE,
  name text NOT NULL,
  region text,
  enrolment_id uuid REFERENCES gateway_enrolments,
  secret_sealed bytea NOT NULL,
  kek_id text NOT NULL,
  box_public bytea NOT NULL CHECK (octet_length(box_public) = 32),
  boot_id numeric(20) NOT NULL DEFAULT 0,
  software text NOT NULL DEFAULT '',
  applied_rev bigint NOT NULL DEFAULT 0,
  nack_rev bigint NOT NULL DEFAULT 0,
  nack_errors jsonb NOT NULL DEFAULT '[]',
  from_disk bool NOT NULL DEFAULT false,
  inflight int NOT NULL DEFAULT 0,
  spool_bytes bigint NOT NULL DEFAULT 0,
  spool_oldest_ms bigint NOT NULL DEFAULT 0,
  rss_bytes bigint NOT NULL DEFAULT 0,
  draining bool NOT NULL DEFAULT false,
  last_seen timestamptz,
  labels jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- usage -------------------------------------------------------------------------
-- The cursor makes at-least-once delivery count exactly once: a batch is
-- taken only when it continues where the last one of its boot ended.
CREATE TABLE ingest_cursors (
  gateway_sid int NOT NULL,
  boot_id numeric(20) NOT NULL,
  last_seq bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (gateway_sid, boot_id)
) WITH (fillfactor = 50);

CREATE TABLE usage_events (
  ts timestamptz NOT NULL,
  request_id uuid NOT NULL,
  cost_nano bigint NOT NULL,
  input_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  cache_write_5m_tokens bigint NOT NULL,
  cache_write_1h_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  latency_us bigint NOT NULL,
  ttft_us bigint NOT NULL,
  upstream_us bigint NOT NULL,
  config_rev bigint NOT NULL,
  tenant_sid int NOT NULL,
  team_sid int NOT NULL,
  key_sid int NOT NULL,
  provider_sid int NOT NULL,
  route_sid int NOT NULL,
  gateway_sid int NOT NULL,
  count int NOT NULL,
  http_status smallint NOT NULL,
  outcome smallint NOT NULL,
  attempt_count smallint NOT NULL,
  estimated bool NOT NULL,
  unpriced bool NOT NULL,
  stream bool NOT NULL,
  alias text NOT NULL,
  upstream_model text NOT NULL,
  dialect text NOT NULL,
  error_code text NOT NULL,
  route_reason text NOT NULL,
  detail jsonb
) PARTITION BY RANGE (ts);
-- Ranges of time read the first; one request, and pages of them newest first
-- (their ids sort by time), the second.
CREATE INDEX usage_events_ts ON usage_events USING brin (ts) WITH (autosummarize = on);
CREATE INDEX usage_events_request ON usage_events (request_id);

-- Sums of one batch per quarter hour and dimension, appended; readers add up.
CREATE TABLE usage_totals (
  bucket timestamptz NOT NULL,
  tenant_sid int NOT NULL,
  team_sid int NOT NULL,
  key_sid int NOT NULL,
  provider_sid int NOT NULL,
  outcome smallint NOT NULL,
  alias text NOT NULL,
  upstream_model text NOT NULL,
  requests bigint NOT NULL,
  estimated bigint NOT NULL,
  unpriced bigint NOT NULL,
  cost_nano bigint NOT NULL,
  input_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  cache_write_5m_tokens bigint NOT NULL,
  cache_write_1h_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL
) PARTITION BY RANGE (bucket);

-- audit -------------------------------------------------------------------------
-- hash = SHA-256(prev_hash || be64(seq) || body); body is the canonical JSON
-- of the event and holds everything the other columns say.
CREATE TABLE audit_heads (
  chain text PRIMARY KEY,
  seq bigint NOT NULL,
  hash bytea NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE audit_events (
  chain text NOT NULL,
  seq bigint NOT NULL,
  id uuid NOT NULL UNIQUE,
  ts timestamptz NOT NULL,
  tenant_id uuid,
  action text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('success', 'denied', 'error', 'noop')),
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  resource_kind text,
  resource_id text,
  request_id text,
  ip text,
  body text NOT NULL,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_resource ON audit_events (resource_id, ts DESC);
CREATE INDEX audit_actor ON audit_events (actor_id, ts DESC);
CREATE INDEX audit_action ON audit_events (action, ts DESC);
CREATE INDEX audit_request ON audit_events (request_id);
CREATE INDEX audit_ts ON audit_events (ts DESC);
