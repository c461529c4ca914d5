package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/enrol"
	"github.com/deskbell/deskbell/server/noc"
)

// Enrol returns the store of the endpoints' identities.
func (db *DB) Enrol() enrol.Store { return enrolStore{db} }

type enrolStore struct{ *DB }

type enrolTx struct{ *Tx }

// Update implements enrol.Store.
func (s enrolStore) Update(ctx context.Context, f func(enrol.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(enrolTx{tx}) })
}

func scanSite(r scanner) (s enrol.Site, err error) {
	var created int64
	err = r.Scan(&s.ID, &s.Name, &created, &s.Zone)
	s.CreatedAt = when(created)
	return s, err
}

const noSite = "There is no such site."

// Sites implements enrol.Store.
func (s enrolStore) Sites(ctx context.Context) ([]enrol.Site, error) {
	rows, err := s.stmts.query(ctx, "SELECT id, name, created_at, zone FROM sites ORDER BY name")
	return collect(rows, err, scanSite)
}

// SiteByName implements enrol.Tx.
func (tx enrolTx) SiteByName(name string) (enrol.Site, error) {
	s, err := scanSite(tx.row("SELECT id, name, created_at, zone FROM sites WHERE name = $1", name))
	return s, notFound(err, noSite)
}

// Site implements enrol.Tx.
func (tx enrolTx) Site(id string) (enrol.Site, error) {
	s, err := scanSite(tx.row("SELECT id, name, created_at, zone FROM sites WHERE id = $1", id))
	return s, notFound(err, noSite)
}

// AddSite implements enrol.Tx.
func (tx enrolTx) AddSite(s enrol.Site) error {
	return tx.exec("INSERT INTO sites (id, name, created_at) VALUES ($1, $2, $3)", s.ID, s.Name, millis(s.CreatedAt))
}

// SetSiteZone implements enrol.Tx.
func (tx enrolTx) SetSiteZone(id, zone string) error {
	return tx.exec("UPDATE sites SET zone = $1 WHERE id = $2", zone, id)
}

const enrolmentQuery = `SELECT e.id, e.hash, e.uses, e.used, e.created_by, e.created_at, e.expires_at, e.revoked_at, s.id, s.name
	FROM enrolments e JOIN sites s ON s.id = e.site_id`

func scanEnrolment(r scanner) (enrol.Enrolment, error) {
	var e enrol.Enrolment
	var created, expires, revoked int64
	err := r.Scan(&e.ID, &e.Hash, &e.Uses, &e.Used, &e.CreatedBy, &created, &expires, &revoked, &e.Site.ID, &e.Site.Name)
	e.CreatedAt, e.ExpiresAt, e.RevokedAt = when(created), when(expires), when(revoked)
	return e, err
}

const noEnrolment = "There is no such enrolment."

// Enrolments implements enrol.Store.
func (s enrolStore) Enrolments(ctx context.Context, after string, limit int) ([]enrol.Enrolment, error) {
	rows, err := s.stmts.query(ctx, enrolmentQuery+" WHERE $1 = '' OR e.id < $1 ORDER BY e.id DESC LIMIT $2", after, limit)
	return collect(rows, err, scanEnrolment)
}

// AddEnrolment implements enrol.Tx.
func (tx enrolTx) AddEnrolment(e enrol.Enrolment) error {
	return tx.exec("INSERT INTO enrolments (hash, id, site_id, uses, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		e.Hash, e.ID, e.Site.ID, e.Uses, e.CreatedBy, millis(e.CreatedAt), millis(e.ExpiresAt))
}

// EnrolmentByHash implements enrol.Tx.
func (tx enrolTx) EnrolmentByHash(hash []byte) (enrol.Enrolment, error) {
	e, err := scanEnrolment(tx.row(enrolmentQuery+" WHERE e.hash = $1", hash))
	return e, notFound(err, noEnrolment)
}

// Enrolment implements enrol.Tx.
func (tx enrolTx) Enrolment(id string) (enrol.Enrolment, error) {
	e, err := scanEnrolment(tx.row(enrolmentQuery+" WHERE e.id = $1", id))
	return e, notFound(err, noEnrolment)
}

// Spend implements enrol.Tx. The condition makes two machines that spend the last
// use at the same moment be one.
func (tx enrolTx) Spend(e enrol.Enrolment) error {
	n, err := tx.changed("UPDATE enrolments SET used = used + 1 WHERE id = $1 AND used < uses AND revoked_at = 0", e.ID)
	if err == nil && n == 0 {
		return fault.New(fault.Used, "This enrolment string has been used already. Ask your administrator for a new one.")
	}
	return err
}

// RevokeEnrolment implements enrol.Tx.
func (tx enrolTx) RevokeEnrolment(id string, at time.Time) error {
	return tx.exec("UPDATE enrolments SET revoked_at = $1 WHERE id = $2", millis(at), id)
}

const identityQuery = "SELECT e.id, e.key, e.name, e.state, e.reason, c.ratchet, e.enrolment_id, s.id, s.name FROM " + endpointTables

// endpointTables are an endpoint, what changes with its contacts, and its site.
const endpointTables = "endpoints e JOIN contacts c ON c.endpoint_id = e.id JOIN sites s ON s.id = e.site_id"

func scanIdentity(r scanner) (i enrol.Identity, err error) {
	return i, r.Scan(&i.ID, &i.Key, &i.Name, &i.State, &i.Reason, &i.Ratchet, &i.Enrolment, &i.Site.ID, &i.Site.Name)
}

// Identity implements enrol.Store.
func (s enrolStore) Identity(ctx context.Context, endpoint string) (enrol.Identity, error) {
	i, err := scanIdentity(s.stmts.row(ctx, identityQuery+" WHERE e.id = $1", endpoint))
	return i, notFound(err, noEndpoint)
}

// Identity implements enrol.Tx.
func (tx enrolTx) Identity(endpoint string) (enrol.Identity, error) {
	i, err := scanIdentity(tx.row(identityQuery+" WHERE e.id = $1", endpoint))
	return i, notFound(err, noEndpoint)
}

// IdentityByKey implements enrol.Tx.
func (tx enrolTx) IdentityByKey(key []byte) (enrol.Identity, error) {
	i, err := scanIdentity(tx.row(identityQuery+" WHERE e.key = $1", key))
	return i, notFound(err, noEndpoint)
}

// AddEndpoint implements enrol.Tx.
func (tx enrolTx) AddEndpoint(i enrol.Identity, m wire.Machine, now time.Time) error {
	err := tx.exec(`INSERT INTO endpoints (id, key, site_id, enrolment_id, name, os, arch, platform, state, enrolled_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		i.ID, i.Key, i.Site.ID, i.Enrolment, printable(i.Name), printable(m.OS), printable(m.Arch), printable(m.Platform), i.State, millis(now))
	if err != nil {
		return err
	}
	return tx.exec("INSERT INTO contacts (endpoint_id, agent) VALUES ($1, $2)", i.ID, printable(m.Agent))
}

// SaveIdentity implements enrol.Tx.
func (tx enrolTx) SaveIdentity(i enrol.Identity) error {
	if err := tx.exec("UPDATE endpoints SET site_id = $1, state = $2, reason = $3 WHERE id = $4", i.Site.ID, i.State, i.Reason, i.ID); err != nil {
		return err
	}
	return tx.exec("UPDATE contacts SET ratchet = $1 WHERE endpoint_id = $2", int64(i.Ratchet), i.ID)
}

// SaveRatchets implements enrol.Tx.
func (tx enrolTx) SaveRatchets(steps map[string]uint64) error {
	for endpoint, step := range steps {
		if err := tx.exec("UPDATE contacts SET ratchet = $1 WHERE endpoint_id = $2 AND ratchet < $1", int64(step), endpoint); err != nil {
			return err
		}
	}
	return nil
}

// NOC returns the store of the fleet.
func (db *DB) NOC() noc.Store { return nocStore{db} }

type nocStore struct{ *DB }

const recordColumns = `e.id, e.name, e.state, e.reason, e.os, e.arch, e.platform, c.agent, c.address, c.boot, c.booted_at,
	e.inventory_hash, e.findings, e.findings_at, e.enrolled_at, c.seen_at, c.goodbye, s.id, s.name`

func scanRecord(r scanner, more ...any) (noc.Record, error) {
	var x noc.Record
	var booted, findingsAt, enrolled, seen int64
	var findings string
	err := r.Scan(append([]any{&x.ID, &x.Name, &x.State, &x.Reason, &x.OS, &x.Arch, &x.Platform, &x.Agent, &x.Address, &x.Boot, &booted,
		&x.InventoryHash, &findings, &findingsAt, &enrolled, &seen, &x.Goodbye, &x.Site.ID, &x.Site.Name}, more...)...)
	if err != nil {
		return x, err
	}
	x.BootedAt, x.FindingsAt, x.EnrolledAt, x.SeenAt = when(booted), when(findingsAt), when(enrolled), when(seen)
	return x, fromJSON(findings, &x.Findings)
}

// Endpoints implements noc.Store.
func (s nocStore) Endpoints(ctx context.Context) ([]noc.Record, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+recordColumns+" FROM "+endpointTables)
	return collect(rows, err, func(r scanner) (noc.Record, error) { return scanRecord(r) })
}

// Endpoint implements noc.Store.
func (s nocStore) Endpoint(ctx context.Context, id string) (noc.Record, error) {
	var inventory string
	x, err := scanRecord(s.stmts.row(ctx, "SELECT "+recordColumns+", e.inventory FROM "+endpointTables+" WHERE e.id = $1", id), &inventory)
	if inventory != "" {
		x.Inventory = json.RawMessage(inventory)
	}
	return x, notFound(err, noEndpoint)
}

// SaveSeen implements noc.Store, in one write.
func (s nocStore) SaveSeen(ctx context.Context, seen []noc.Seen) error {
	return s.update(ctx, func(tx *Tx) error {
		for _, x := range seen {
			err := tx.exec("UPDATE contacts SET agent = $1, address = $2, boot = $3, booted_at = $4, seen_at = $5, goodbye = $6 WHERE endpoint_id = $7",
				printable(x.Agent), x.Address, printable(x.Boot), millis(x.BootedAt), millis(x.At), x.Goodbye, x.Endpoint)
			if err == nil && x.Renamed {
				err = tx.exec("UPDATE endpoints SET name = $1 WHERE id = $2", printable(x.Name), x.Endpoint)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// SaveInventory implements noc.Store.
func (s nocStore) SaveInventory(ctx context.Context, endpoint string, inv wire.Inventory, doc json.RawMessage) error {
	return s.update(ctx, func(tx *Tx) error {
		return tx.exec("UPDATE endpoints SET inventory = $1, inventory_hash = $2, os = $3, arch = $4, platform = $5 WHERE id = $6",
			string(doc), inv.Hash, printable(inv.System.OS), printable(inv.System.Arch), printable(inv.System.Platform), endpoint)
	})
}

// SaveFindings implements noc.Store.
func (s nocStore) SaveFindings(ctx context.Context, endpoint string, f wire.Findings) error {
	doc, err := toJSON(f.Findings)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *Tx) error {
		return tx.exec("UPDATE endpoints SET findings = $1, findings_at = $2 WHERE id = $3", doc, millis(f.At), endpoint)
	})
}
