package api_test

import "fmt"

// entries is an entry of each kind of the rulebook, in an order in which they can
// be saved. What one names has to be in it before.
var entries = []struct {
	plural string
	doc    object
}{
	{"teams", object{"id": "second", "name": "Second line", "tier": 2}},
	{"rules", object{"id": "full-disks", "name": "Full disks", "on": []string{"opened"}, "when": `"disk.full" in findings`, "then": object{"team": "second", "tags": []string{"disk"}}}},
	{"fields", object{"id": "floor", "name": "Floor", "type": "choice", "choices": []string{"1", "2"}, "required": true}},
	{"categories", object{"id": "printer", "name": "Printer", "fields": []string{"floor"}, "team": "second"}},
	{"matrices", object{"id": "desk", "name": "Ours", "rows": [][]int{{1, 1, 2}, {2, 3, 4}, {3, 4, 5}}}},
	{"settings", object{"id": "desk", "name": "Desk", "reopen_days": 14, "close_days": 5, "impact_medium": 5, "impact_high": 20}},
	{"replies", object{"id": "hello", "name": "We are on it", "body": "Hello {{requester.first_name}}, I am looking into it."}},
	{"macros", object{"id": "ask", "name": "Ask once more", "body": "Does it still happen?", "state": "wait", "waiting": "requester", "tag": []string{"asked-twice"}}},
}

// rulebook saves, changes, reads and deletes an entry of each kind.
func (d *documented) rulebook() {
	for _, e := range entries {
		path := "/rulebook/" + e.plural
		saved := d.call(200, "POST", path, e.doc).object()
		if saved["version"] != 1.0 {
			d.t.Errorf("%s: saved as %v", path, saved)
		}
		e.doc["version"], e.doc["name"] = 1, "Another name"
		saved = d.call(200, "POST", path, e.doc).object()
		d.call(409, "POST", path, e.doc)
		read := d.call(200, "GET", fmt.Sprint(path, "/", saved["id"]), nil).object()
		if read["name"] != "Another name" || read["version"] != 2.0 || read["updated_by"] == "" {
			d.t.Errorf("%s: read as %v", path, read)
		}
		d.call(200, "GET", path, nil)
	}
	for i := range entries {
		e := entries[len(entries)-1-i]
		d.call(204, "DELETE", fmt.Sprintf("/rulebook/%s/%s?version=2", e.plural, e.doc["id"]), nil)
		d.call(404, "GET", fmt.Sprintf("/rulebook/%s/%s", e.plural, e.doc["id"]), nil)
	}
}
