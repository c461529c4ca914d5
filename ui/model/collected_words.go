package model

// The names of what is read, by what the code calls it. A test holds them against
// the code's own lists.

var collectedNumbers = map[string]string{
	"cpu_busy_percent":                  "collected.item_cpu",
	"load_per_core_ratio":               "collected.item_load",
	"memory_used_percent":               "collected.item_memory",
	"memory_available_mebibytes":        "collected.item_memory",
	"swap_used_percent":                 "collected.item_swap",
	"swap_used_mebibytes":               "collected.item_swap",
	"disk_used_percent":                 "collected.item_disk_used",
	"disk_busy_percent":                 "collected.item_disk_busy",
	"disk_latency_milliseconds":         "collected.item_disk_latency",
	"net_received_kibibytes_per_second": "collected.item_received",
	"net_sent_kibibytes_per_second":     "collected.item_sent",
	"net_errors_per_second":             "collected.item_net_errors",
	"server_rtt_milliseconds":           "collected.item_rtt",
	"temperature_celsius":               "collected.item_temperature",
	"battery_percent":                   "collected.item_charge",
	"processes":                         "collected.item_process_count",
	"io_wait_percent":                   "collected.item_waiting",
	"stalled_for_cpu_percent":           "collected.item_stall_cpu",
	"stalled_for_memory_percent":        "collected.item_stall_memory",
	"stalled_for_disk_percent":          "collected.item_stall_disk",
	"top":                               "collected.item_top",
}

var collectedMachine = map[string]string{
	"system":    "collected.item_system",
	"agent":     "collected.item_agent",
	"address":   "collected.item_address",
	"cpu_model": "collected.item_processor",
	"cores":     "collected.item_cores",
	"memory":    "collected.item_size_memory",
	"disk":      "collected.item_size_disk",
	"policy":    "collected.item_policy",
}

var collectedSections = map[string]string{
	"system":    "collected.item_system",
	"cpu":       "collected.item_processor",
	"memory":    "collected.item_memory",
	"disks":     "collected.item_disks",
	"network":   "collected.item_network",
	"processes": "collected.item_processes",
	"services":  "collected.item_services",
	"log":       "collected.item_log",
}

var collectedParts = map[string]string{
	"hardware":   "collected.item_hardware",
	"battery":    "collected.item_battery",
	"thermals":   "collected.item_thermals",
	"gpus":       "collected.item_gpus",
	"monitors":   "collected.item_monitors",
	"usb":        "collected.item_usb",
	"printers":   "collected.item_printers",
	"disks":      "collected.item_disks",
	"disk":       "collected.item_disks",
	"smart":      "collected.item_smart",
	"network":    "collected.item_network",
	"wireless":   "collected.item_wireless",
	"drivers":    "collected.item_drivers",
	"driver":     "collected.item_drivers",
	"software":   "collected.item_software",
	"updates":    "collected.item_updates",
	"startup":    "collected.item_startup",
	"sockets":    "collected.item_sockets",
	"encryption": "collected.item_encryption",
	"firewall":   "collected.item_firewall",
	"antivirus":  "collected.item_antivirus",
	"accounts":   "collected.item_accounts",
	"boot":       "collected.item_boots",
	"crashes":    "collected.item_crashes",
	"service":    "collected.item_services",

	"system":      "collected.item_system_version",
	"graphics":    "collected.item_gpus",
	"update":      "collected.item_updates",
	"gateway":     "collected.item_gateway",
	"resolver":    "collected.item_resolver",
	"subnet":      "collected.item_subnet",
	"tunnel":      "collected.item_tunnel",
	"accesspoint": "collected.item_accesspoint",
}
