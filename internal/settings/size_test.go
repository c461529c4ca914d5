package settings_test

import (
	"testing"

	"github.com/deskbell/deskbell/internal/settings"
)

func TestSizes(t *testing.T) {
	for text, want := range map[string]settings.Size{
		"0": 0, "1024": 1024, "50GB": 50e9, "50 gb": 50e9, "1.5GiB": 3 << 29, "512MiB": 512 << 20, "2TB": 2e12, "7B": 7,
	} {
		var s, again settings.Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q is %d, %v", text, s, err)
		}
		if err := again.UnmarshalText([]byte(s.String())); err != nil || again != s {
			t.Errorf("%d is written %q and read as %d, %v", s, s, again, err)
		}
	}
	for _, text := range []string{"", "GB", "-1", "-1GB", "1e30", "NaN", "many", "5 GB more"} {
		var s settings.Size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %d", text, s)
		}
	}
}
