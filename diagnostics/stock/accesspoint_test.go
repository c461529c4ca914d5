package stock

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The name of an access point is the same on all machines of a server, however its
// address is written, another one at another server's, and never the address.
func TestAccessPointName(t *testing.T) {
	key := []byte("a server's key")
	want := AccessPointName(key, "54:05:db:aa:bb:cc")
	if len(want) != 14 || want != AccessPointName(key, "54-05-DB-AA-BB-CC") || want != "2e70-c92f-7f4d" {
		t.Errorf("it is called %q", want)
	}
	if want == AccessPointName([]byte("another"), "54:05:db:aa:bb:cc") || want == AccessPointName(key, "54:05:db:aa:bb:cd") {
		t.Error("two are called the same")
	}
	for _, address := range []string{"", "x", "54:05:db:aa:bb", "00:00:00:00:00:00", "01:00:5e:00:00:01", "54:05:db:aa:bb:cc:dd:ee"} {
		if got := AccessPointName(key, address); got != "" {
			t.Errorf("%q is called %s", address, got)
		}
	}
	if AccessPointName(nil, "54:05:db:aa:bb:cc") != "" {
		t.Error("without a key it has a name that everybody can find out")
	}
}

// Of access points no change is kept.
func TestNoPastOfAccessPoints(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	list := []Change{{At: now, Kind: AccessPoint, Name: "a", Did: Added}, {At: now, Kind: Software, Name: "b", Did: Added}}
	if d := cmp.Diff(list[1:], CleanChanges(list, now)); d != "" {
		t.Error(d)
	}
}
