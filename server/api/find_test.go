package api_test

import (
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
)

// find calls what finds and handles many tickets.
func (d *documented) find() {
	d.t.Helper()
	d.call(201, "POST", "/tickets", object{"title": "Büro: no network"})
	n := d.call(200, "GET", "/tickets?q=state%3Aopen+buro&order=updated", nil).object()["items"].([]any)[0].(object)["number"]
	body := d.example("POST", "/bulk")
	body["tickets"] = []object{{"number": n}}
	body["preview"] = true
	d.call(200, "POST", "/bulk", body)
	body["preview"] = false
	id := d.call(200, "POST", "/bulk", body).text("id")
	d.call(200, "GET", "/tickets?q=tag%3Avpn", nil)
	d.call(200, "POST", "/bulk/"+id+"/undo", nil)
	if csv := string(d.call(200, "GET", "/tickets.csv?q=buro", nil).body); !strings.Contains(csv, "Büro: no network") {
		d.t.Errorf("the export is %s", csv)
	}
	view := d.call(200, "POST", "/views", d.example("POST", "/views")).text("id")
	d.call(200, "POST", "/views/shared", object{"name": "All", "filter": ""})
	d.call(200, "GET", "/views", nil)
	d.call(204, "DELETE", "/views/"+view, nil)
}

// TestSearchesThatNobodyUnderstands are refused with a sentence about the word.
func TestSearchesThatNobodyUnderstands(t *testing.T) {
	w := newWorld(t, auth.Technician)
	w.open("The printer")
	for _, q := range []string{"state:opne", "site:Paris", "created:soon", "%22open", "colour:red"} {
		w.get("/tickets?q="+q).problem(422, "invalid", "q")
		w.get("/tickets.csv?q="+q).problem(422, "invalid", "q")
	}
}
