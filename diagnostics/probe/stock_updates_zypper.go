package probe

import (
	"encoding/xml"
	"errors"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

// parseZypper reads “zypper --xmlout list-updates”. It does not say which of them
// are for security.
func parseZypper(b []byte) ([]inventory.Update, error) {
	var raw struct {
		XMLName xml.Name `xml:"stream"`
		Status  struct {
			Updates []struct {
				Name string `xml:"name,attr"`
				To   string `xml:"edition,attr"`
				From string `xml:"edition-old,attr"`
				Kind string `xml:"kind,attr"`
			} `xml:"update-list>update"`
		} `xml:"update-status"`
	}
	if err := xml.Unmarshal(b, &raw); err != nil {
		return nil, errors.New("zypper printed something else than it should")
	}
	var all []inventory.Update
	for _, u := range raw.Status.Updates {
		if name := plainLine(u.Name, 120); name != "" && (u.Kind == "" || u.Kind == "package") && len(all) < maxUpdates {
			all = append(all, inventory.Update{Name: name, From: plainLine(u.From, 80), To: plainLine(u.To, 80)})
		}
	}
	return all, nil
}
