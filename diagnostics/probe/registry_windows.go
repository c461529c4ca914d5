package probe

import (
	"slices"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

func subKeys(hive registry.Key, path string, view uint32) []string {
	k, err := registry.OpenKey(hive, path, registry.ENUMERATE_SUB_KEYS|view)
	if err != nil {
		return nil
	}
	defer k.Close()
	names, _ := k.ReadSubKeyNames(10_000) // those that could be read
	return names
}

// valuesOf reads the texts and numbers of a key.
func valuesOf(hive registry.Key, path string, view uint32) (text map[string]string, numbers map[string]uint64) {
	text, numbers = map[string]string{}, map[string]uint64{}
	k, err := registry.OpenKey(hive, path, registry.QUERY_VALUE|view)
	if err != nil {
		return text, numbers
	}
	defer k.Close()
	names, _ := k.ReadValueNames(500) // those that could be read
	for _, name := range names {
		if v, _, err := k.GetStringValue(name); err == nil {
			text[name] = v
		} else if n, _, err := k.GetIntegerValue(name); err == nil {
			numbers[name] = n
		}
	}
	return text, numbers
}

// loadedHives are the accounts whose part of the registry is loaded: those that are
// signed in.
func loadedHives() []string {
	return slices.DeleteFunc(subKeys(registry.USERS, "", 0), func(sid string) bool {
		return !strings.HasPrefix(sid, "S-1-5-21-") || strings.HasSuffix(sid, "_Classes")
	})
}

func accountOf(sid string) string {
	s, err := windows.StringToSid(sid)
	if err != nil {
		return sid
	}
	name, _, _, err := s.LookupAccount("")
	if err != nil {
		return sid
	}
	return plainLine(name, 64)
}
