package probe

import (
	"context"

	"golang.org/x/sys/windows/registry"
)

const internetSettings = `Software\Microsoft\Windows\CurrentVersion\Internet Settings`

// systemProxies reads the Internet settings of those who are signed in, and what
// services go by (WinHTTP). Where a policy makes the settings the machine's own, those
// of people say nothing.
func systemProxies(context.Context) []ProxySettings {
	services, _ := parseConnectionSettings(binaryValue(registry.LOCAL_MACHINE, internetSettings+`\Connections`, "WinHttpSettings"), "winhttp")
	services.From = `HKLM\` + internetSettings + `\Connections`
	all := []ProxySettings{services}
	_, policy := valuesOf(registry.LOCAL_MACHINE, `Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings`, 0)
	if per, set := policy["ProxySettingsPerUser"]; set && per == 0 {
		return append(all, windowsProxy(registry.LOCAL_MACHINE, internetSettings, `HKLM\`+internetSettings))
	}
	hives := loadedHives()
	for _, sid := range hives[:min(len(hives), maxProxyPeople)] {
		s := windowsProxy(registry.USERS, sid+`\`+internetSettings, `HKCU\`+internetSettings)
		s.Whose = accountOf(sid)
		all = append(all, s)
	}
	return all
}

// windowsProxy reads one account's. The binary value is what Windows goes by; the
// others are written beside it.
func windowsProxy(hive registry.Key, path, from string) ProxySettings {
	if s, ok := parseConnectionSettings(binaryValue(hive, path+`\Connections`, "DefaultConnectionSettings"), "windows"); ok {
		s.From = from
		return s
	}
	text, numbers := valuesOf(hive, path, 0)
	s := ProxySettings{By: "windows", From: from}
	if numbers["ProxyEnable"] != 0 {
		s.servers(text["ProxyServer"], text["ProxyOverride"])
	}
	s.PAC = text["AutoConfigURL"]
	s.say("AutoConfigURL", s.PAC)
	return s
}

func binaryValue(hive registry.Key, path, name string) []byte {
	k, err := registry.OpenKey(hive, path, registry.QUERY_VALUE)
	if err != nil {
		return nil
	}
	defer k.Close()
	b, _, err := k.GetBinaryValue(name)
	if err != nil || len(b) > 1<<20 {
		return nil
	}
	return b
}
