// Being built in this order: import, runs, admin, me, glossary.
import { Page } from '@/components/Page'

export default function Me() {
  return <Page title="Me">{null}</Page>
}
