package api_test

import (
	"github.com/deskbell/deskbell/server/auth"
)

// staffing calls what is about who gets which ticket, and what they are told.
func (d *documented) staffing() {
	me := d.Person(auth.Admin).ID
	d.call(201, "POST", "/tickets", object{"title": "Waits for somebody"}, header("Idempotency-Key", newKey()))
	key := newKey()
	first := d.call(200, "POST", "/tickets/next", nil, header("Idempotency-Key", key)).text("id")
	again := d.call(200, "POST", "/tickets/next", nil, header("Idempotency-Key", key)).text("id")
	if first != again {
		d.t.Errorf("one key took %s and %s", first, again)
	}
	p := d.call(200, "GET", "/people/"+me+"/profile", nil).object()
	d.call(200, "PUT", "/people/"+me+"/profile", object{"away_until": "2026-12-24T12:00:00Z", "skills": []string{"vpn"}, "version": p["version"]})
	d.call(200, "GET", "/people/"+me+"/profile", nil)
	other := d.as(d.Token(auth.Technician))
	other.send(other.request("PUT", "/api/v1/people/"+me+"/profile", object{"skills": []string{}, "version": 1})).problem(403, "forbidden", "")

	here := d.call(200, "POST", "/tickets/"+first+"/presence", object{"state": "writing", "page": "1"}).object()
	if list := here["people"].([]any); len(list) != 1 || list[0].(object)["state"] != "writing" {
		d.t.Errorf("at the ticket are %v", here)
	}
	d.call(200, "GET", "/presence", nil)
	d.call(200, "POST", "/tickets/"+first+"/presence", object{"state": "gone", "page": "1"})

	d.call(200, "GET", "/notices?limit=2", nil)
	d.call(204, "POST", "/notices/read", object{"ticket": first})
	d.call(204, "POST", "/notices/read", object{})
}
