// What every page of the console and of the portal runs.

import { beginAlerts } from "./alerts";
import { beginAnnouncements } from "./announce";
import { beginIncidents } from "./incidents";
import { beginCombobox } from "./combobox";
import { beginCompare } from "./compare";
import { beginComposer } from "./composer";
import { beginBulk } from "./bulk";
import { beginCare } from "./care";
import { beginDrafts } from "./drafts";
import { beginEndpoints } from "./endpoints";
import { beginKeys } from "./keys";
import { beginLists } from "./lists";
import { Live } from "./live";
import { beginNOC } from "./noc";
import { beginNotices } from "./notices";
import { beginPalette } from "./palette";
import { beginPieces } from "./pieces";
import { beginPortal } from "./portal";
import { beginPresence } from "./presence";
import { beginQueue, beginRows } from "./queue";
import { beginSuggest } from "./suggest";
import { beginSurvey } from "./survey";
import { beginSwapping, onContent } from "./swap";
import { beginDates, beginTicket } from "./ticket";
import { keepTime, tell } from "./time";
import { beginTools, wanted } from "./tools";
import { beginMany } from "./many";
import { beginMentions } from "./mentions";
import { beginWho } from "./who";

beginSwapping();
onContent(tell);
keepTime();
beginKeys();
beginPieces();
beginMany();
beginCombobox();
beginDrafts();
beginComposer();
beginSuggest();
beginRows();
beginLists();
beginBulk();
beginCare();
beginDates();
beginPalette();
beginMentions();
beginWho();

const base = document.body.dataset.live;
if (base) {
  const live = new Live(base, document.body.dataset.cursor ?? "", document.body.dataset.mark ?? "", wanted);
  beginQueue(live);
  beginTicket(live);
  beginEndpoints(live);
  beginTools(live);
  beginSurvey(live);
  beginCompare(live);
  beginPresence(live);
  beginNotices(live);
  beginPortal(live);
  beginAlerts(live);
  beginAnnouncements(live);
  beginIncidents(live);
  beginNOC();
  // Charts and wall are programs of their own: they hear it from the document.
  for (const topic of ["sample", "endpoint", "ticket", "alert", "incident"]) {
    live.on(topic, (data, key) => document.dispatchEvent(new CustomEvent(`live:${topic}`, { detail: { data, key } })));
  }
  live.back(() => document.dispatchEvent(new CustomEvent("live:back")));
  live.start();
}
document.documentElement.dataset.ready = "yes";
