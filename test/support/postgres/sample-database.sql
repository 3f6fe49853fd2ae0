-- One of everything that a dump must bring back.
CREATE EXTENSION IF NOT EXISTS plpgsql;
CREATE SCHEMA "Größe & Maß";
COMMENT ON SCHEMA "Größe & Maß" IS 'a "quoted" name, with ''quotes'' in its comment';
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE SEQUENCE ticket START 1000 INCREMENT 7;
SELECT nextval('ticket'), nextval('ticket');

CREATE TABLE customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  tags text[] NOT NULL DEFAULT '{}',
  settings jsonb,
  picture bytea,
  feeling mood,
  number positive DEFAULT 7,
  born timestamptz,
  name_length integer GENERATED ALWAYS AS (length(name)) STORED
);
COMMENT ON COLUMN customer.name IS 'Zeichen wie ä, 漢字, 😀 und \ backslash';
INSERT INTO customer (name, tags, settings, picture, feeling, born)
SELECT
  'Kunde ' || n || E' \t tab, \\ backslash, ''quote'', 漢字 😀 ' || repeat('x', n % 50),
  ARRAY['a' || n, NULL, 'with "quotes" and , comma'],
  jsonb_build_object('n', n, 'text', E'line\nbreak', 'nested', jsonb_build_array(n, NULL, true)),
  decode(md5(n::text), 'hex'),
  (ARRAY['sad', 'ok', 'happy'])[1 + n % 3]::mood,
  '2026-01-01 00:00:00+00'::timestamptz + n * interval '1 hour'
FROM generate_series(1, 2000) AS n;
INSERT INTO customer (name) VALUES (''), (E'\\.'), ('NULL'), ('\N');

CREATE TABLE "Größe & Maß"."Tabelle ""1""" ("Spalte, mit Komma" numeric(12, 4), "select" date);
INSERT INTO "Größe & Maß"."Tabelle ""1""" VALUES (1.5, '2026-02-03'), ('NaN', 'infinity'), (NULL, NULL);

CREATE TABLE event (at date NOT NULL, kind text, payload text) PARTITION BY RANGE (at);
CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON event (kind);
INSERT INTO event SELECT '2025-06-01'::date + n, 'kind ' || n % 5, md5(n::text) FROM generate_series(1, 400) AS n;

CREATE TABLE purchase (
  id integer PRIMARY KEY DEFAULT nextval('ticket'),
  customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE,
  amount numeric CHECK (amount >= 0),
  EXCLUDE USING hash (id WITH =)
);
INSERT INTO purchase (customer_id, amount) SELECT n, n * 1.25 FROM generate_series(1, 300) AS n;

CREATE VIEW big_purchase AS SELECT c.name, p.amount FROM purchase p JOIN customer c ON c.id = p.customer_id WHERE p.amount > 100;
CREATE MATERIALIZED VIEW purchase_sum AS SELECT customer_id, sum(amount) AS total FROM purchase GROUP BY customer_id;
CREATE UNIQUE INDEX ON purchase_sum (customer_id);

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  -- a $dollar$ quote, and a ';' inside
  NEW.amount := coalesce(NEW.amount, 0);
  RETURN NEW;
END
$body$;
CREATE TRIGGER purchase_touch BEFORE INSERT OR UPDATE ON purchase FOR EACH ROW EXECUTE FUNCTION touch();

ALTER TABLE purchase ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_purchases ON purchase FOR SELECT USING (amount < 1000);

SELECT lo_from_bytea(4242, decode(repeat('00ff80', 5000), 'hex'));
COMMENT ON LARGE OBJECT 4242 IS 'a large object';
