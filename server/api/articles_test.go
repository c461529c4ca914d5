package api_test

import "fmt"

// articles goes the way of an article: written, published, found, changed, restored.
func (d *documented) articles() {
	made := d.call(201, "POST", "/articles", object{"title": "When the printer prints empty pages", "body": "Restart the **spooler**.", "audience": "everyone"})
	id := made.text("id")
	path := "/articles/" + id
	revision := func() int { return int(d.call(200, "GET", path, nil).object()["revision"].(float64)) }
	d.call(200, "POST", path+"/actions", object{"action": "publish", "revision": revision(), "what": "New."})
	d.call(200, "PUT", path+"/draft", object{"title": "When the printer prints nothing", "body": "Change the toner.", "audience": "everyone", "revision": revision()})
	d.call(409, "PUT", path+"/draft", object{"title": "Late", "body": "x", "revision": 1})
	d.call(200, "POST", path+"/actions", object{"action": "discard", "revision": revision()})
	d.call(200, "POST", path+"/actions", object{"action": "restore", "revision": revision(), "number": 1})
	owner := d.call(200, "GET", path, nil).object()["owner"].(map[string]any)["id"]
	d.call(200, "POST", path+"/actions", object{"action": "care", "revision": revision(), "owner": owner, "review_at": "2027-01-01T00:00:00Z"})
	d.call(204, "POST", path+"/feedback", object{"helped": true, "comment": "Yes."})
	for _, q := range []string{"/search/articles?q=spool", "/search/articles?like=my+printer+prints+empty+pages"} {
		if hits := d.call(200, "GET", q, nil).object()["items"].([]any); len(hits) != 1 {
			d.t.Errorf("%s finds %v", q, hits)
		}
	}
	d.call(200, "GET", "/articles?list=drafts&limit=1", nil)
	d.call(200, "GET", path+"/versions", nil)
	if said := d.call(200, "GET", path+"/feedback", nil).object()["items"].([]any); len(said) != 1 {
		d.t.Error(fmt.Sprint("readers said ", said))
	}
}
