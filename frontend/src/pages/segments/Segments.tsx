import { Page } from '@/components/Page'

export default function Segments() {
  return <Page title="Segments">{null}</Page>
}
