/* Foresell: events of visitors who consented. No cookie, no fingerprint; see docs/how-to/send-events.md.
   <script src="https://foresell.example/api/events/track.js" data-key="fsw_..." defer></script>
   foresell.consent(true) once the visitor agreed; foresell.track('product.viewed', { sku: 'MUG' }). */
(function () {
  'use strict';
  var script = document.currentScript;
  var key = script.getAttribute('data-key');
  var url = new URL('track', script.src).href;
  var privacy = navigator.globalPrivacyControl === true;
  var waiting = [];
  var timer = null;

  function random() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (b) { return b.toString(16).padStart(2, '0'); }).join('');
  }

  function read(name) {
    try { return localStorage.getItem(name); } catch (e) { return null; }
  }

  function write(name, value) {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch (e) { /* without storage each page is another visitor */ }
  }

  var visitor = read('foresell.visitor');

  function consented() {
    return !privacy && read('foresell.consent') === 'yes';
  }

  function send() {
    clearTimeout(timer);
    timer = null;
    if (!waiting.length || !consented()) return;
    var events = waiting.splice(0, 50);
    var body = JSON.stringify({
      key: key, visitorid: visitor, consent: true, sent_at: new Date().toISOString(), events: events,
    });
    fetch(url, {
      method: 'POST', body: body, keepalive: true, credentials: 'omit', headers: { 'content-type': 'text/plain;charset=UTF-8' },
    }).then(function (answer) {
      if (answer.status >= 500 || answer.status === 429) throw new Error('again');
    }).catch(function () {
      waiting = events.concat(waiting).slice(0, 200);
      timer = setTimeout(send, 10000);
    });
  }

  function track(type, data) {
    if (!consented()) return;
    if (!visitor) write('foresell.visitor', visitor = random());
    waiting.push({ id: random(), type: type, time: new Date().toISOString(), data: data || {} });
    if (!timer) timer = setTimeout(send, 500);
  }

  function page() {
    var campaign = new URLSearchParams(location.search).get('utm_campaign');
    var data = { path: location.pathname };
    if (document.title) data.title = document.title.slice(0, 200);
    if (campaign) data.campaign = campaign.slice(0, 200);
    try {
      var host = document.referrer && new URL(document.referrer).host;
      if (host && host !== location.host) data.referrer_host = host;
    } catch (e) { /* not an address */ }
    track('page.viewed', data);
  }

  function consent(given) {
    write('foresell.consent', given ? 'yes' : null);
    if (given) return page();
    waiting = [];
    visitor = null;
    write('foresell.visitor', null);
  }

  addEventListener('pagehide', send);
  window.foresell = { track: track, page: page, consent: consent, visitor: function () { return visitor; } };
  page();
})();
