/** The tables of the viewer's database. */

export const SCHEMA_VERSION = 2

/** Span ids are text: 2 % slower to insert than blobs, and readable. Two indexes on span: each further one halves the insert rate. */
export const SCHEMA = `
CREATE TABLE str (id INTEGER PRIMARY KEY, v TEXT NOT NULL UNIQUE);
CREATE TABLE resource (id INTEGER PRIMARY KEY, attrs TEXT NOT NULL UNIQUE, svc INTEGER NOT NULL, run TEXT NOT NULL,
  first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, spans INTEGER NOT NULL, logs INTEGER NOT NULL);
CREATE TABLE scope (id INTEGER PRIMARY KEY, v TEXT NOT NULL UNIQUE);
CREATE TABLE trace (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, start_us INTEGER NOT NULL, start_rem INTEGER NOT NULL,
  end_us INTEGER NOT NULL, end_rem INTEGER NOT NULL, dur_ns INTEGER NOT NULL, spans INTEGER NOT NULL, errors INTEGER NOT NULL,
  logs INTEGER NOT NULL, clients INTEGER NOT NULL, root TEXT, head_us INTEGER NOT NULL, head_parent TEXT, head_svc INTEGER NOT NULL,
  head_name INTEGER NOT NULL, head_kind INTEGER NOT NULL, head_status INTEGER NOT NULL, http INTEGER, services TEXT NOT NULL,
  badges INTEGER NOT NULL DEFAULT 0, findings TEXT, seen_us INTEGER NOT NULL);
CREATE INDEX trace_start ON trace (start_us);
CREATE INDEX trace_dur ON trace (dur_ns);
CREATE TABLE span (id INTEGER PRIMARY KEY, trace_no INTEGER NOT NULL, span_id TEXT NOT NULL, parent_id TEXT, resource_id INTEGER NOT NULL,
  scope_id INTEGER NOT NULL, svc INTEGER NOT NULL, name INTEGER NOT NULL, kind INTEGER NOT NULL, status INTEGER NOT NULL,
  start_us INTEGER NOT NULL, start_rem INTEGER NOT NULL, dur_ns INTEGER NOT NULL, sys INTEGER NOT NULL, grp INTEGER NOT NULL,
  attrs TEXT NOT NULL, extra TEXT);
CREATE INDEX span_trace ON span (trace_no);
CREATE INDEX span_svc ON span (svc, start_us, dur_ns, status, kind, name, trace_no);
CREATE TABLE link (trace_id TEXT NOT NULL, span_id TEXT NOT NULL, from_no INTEGER NOT NULL, from_span TEXT NOT NULL, attrs TEXT NOT NULL);
CREATE INDEX link_target ON link (trace_id, span_id);
CREATE INDEX link_from ON link (from_no);
CREATE TABLE log (id INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, time_rem INTEGER NOT NULL, sev INTEGER NOT NULL, sev_text TEXT,
  svc INTEGER NOT NULL, resource_id INTEGER NOT NULL, scope_id INTEGER NOT NULL, trace_id TEXT, span_id TEXT, event TEXT,
  body TEXT NOT NULL, attrs TEXT NOT NULL);
CREATE INDEX log_time ON log (time_us);
CREATE INDEX log_trace ON log (trace_id) WHERE trace_id IS NOT NULL;
CREATE TABLE instrument (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, svc INTEGER NOT NULL, scope_id INTEGER NOT NULL,
  type TEXT NOT NULL, unit TEXT NOT NULL, description TEXT NOT NULL, temporality INTEGER NOT NULL, monotonic INTEGER NOT NULL);
CREATE TABLE series (id INTEGER PRIMARY KEY, instrument_id INTEGER NOT NULL, resource_id INTEGER NOT NULL, attrs TEXT NOT NULL,
  UNIQUE (instrument_id, resource_id, attrs));
CREATE TABLE point (id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL, time_us INTEGER NOT NULL, start_us INTEGER NOT NULL, value REAL, data TEXT);
CREATE INDEX point_series ON point (series_id, time_us);
CREATE TABLE exemplar (series_id INTEGER NOT NULL, time_us INTEGER NOT NULL, value REAL NOT NULL, trace_id TEXT, span_id TEXT);
CREATE INDEX exemplar_series ON exemplar (series_id, time_us);
CREATE TABLE finding (key TEXT PRIMARY KEY, weight INTEGER NOT NULL, v TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE dismissed (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE eviction (since_us INTEGER NOT NULL, spans INTEGER NOT NULL, logs INTEGER NOT NULL);
`
